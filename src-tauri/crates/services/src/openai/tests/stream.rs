//! Answers that stream in: whole, cut, broken and odd.

use super::*;
use crate::TokenLogprob;
use crate::openai::chat::Gathered;
use attune_testkit::Seeded;

const WHOLE: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"Hel\"}}]}\n\n\
    data: {\"choices\":[{\"delta\":{\"content\":\"lo\"}}],\"obfuscation\":\"x\"}\n\n\
    data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n\
    data: {\"choices\":[],\"usage\":{\"completion_tokens\":2}}\n\ndata: [DONE]\n\n";

async fn ask(stream: &'static str) -> (String, Result<ChatReply, ServiceError>) {
    let reply = move || async move { stream };
    let service = serve(Router::new().route("/v1/chat/completions", routing::post(reply))).await;
    let message = ChatMessage { role: "user".into(), content: "hi".into() };
    let order = ChatOrder { model: "m".into(), messages: vec![message], ..ChatOrder::default() };
    let mut pieces = String::new();
    let reply = service.chat(&order, &mut |piece| pieces += piece).await;
    (pieces, reply)
}

#[tokio::test]
async fn an_answer_streams_in_and_is_whole_at_its_end() {
    let (pieces, reply) = ask(WHOLE).await;
    assert_eq!(pieces, "Hello");
    let expected = ChatReply {
        content: "Hello".into(),
        finish_reason: "stop".into(),
        completion_tokens: Some(2),
        ..ChatReply::default()
    };
    assert_eq!(reply.unwrap(), expected);
}

#[tokio::test]
async fn a_cut_answer_is_never_called_finished() {
    for end in [
        WHOLE.find("data: {\"choices\":[{\"delta\":{},").unwrap(),
        WHOLE.find("data: [DONE]").unwrap(),
    ] {
        let (_, reply) = ask(&WHOLE[..end]).await;
        assert!(matches!(reply, Err(ServiceError::CutOff)), "cut at {end}: {reply:?}");
    }
}

#[tokio::test]
async fn a_page_or_a_refusal_in_the_place_of_a_stream_is_none() {
    let page = || async { axum::response::Html("Welcome to the hotel") };
    let service = serve(Router::new().route("/v1/chat/completions", routing::post(page))).await;
    let reply = service.chat(&ChatOrder::default(), &mut |_| {}).await;
    let cause = crate::UnreachableCause::SignInPage;
    assert!(matches!(&reply, Err(ServiceError::Unreachable { cause: it, .. }) if *it == cause));
    let gone = || async { (StatusCode::NOT_FOUND, Json(json!({"error": {"message": "gone"}}))) };
    let service = serve(Router::new().route("/v1/chat/completions", routing::post(gone))).await;
    let reply = service.chat(&ChatOrder::default(), &mut |_| {}).await;
    assert!(matches!(reply, Err(ServiceError::Refused(it)) if it.message == "gone"));
}

#[tokio::test]
async fn an_error_inside_a_stream_keeps_its_words() {
    let (_, reply) =
        ask("data: {\"error\":{\"message\":\"gone\",\"code\":\"upstream\"}}\n\n").await;
    assert!(matches!(reply, Err(ServiceError::Refused(refused)) if refused.message == "gone"));
}

#[tokio::test]
async fn an_answer_comes_in_one_piece_too_with_how_likely_it_was() {
    let seen = Seen::default();
    let keep = |State(seen): State<Seen>, Json(body): Json<Value>| async move {
        seen.lock().unwrap().push(body);
        Json(json!({
            "choices": [{
                "message": {"content": "Hi", "refusal": null}, "finish_reason": "stop",
                "logprobs": {"content": [{"token": "Hi", "logprob": -0.25, "bytes": [72, 105],
                    "top_logprobs": [{"token": "Hi", "logprob": -0.25, "bytes": null},
                        {"token": "Ho", "logprob": -2.0, "bytes": [72, 111]}]}]},
            }],
            "usage": {"prompt_tokens": 9, "completion_tokens": 1},
        }))
    };
    let router =
        Router::new().route("/v1/chat/completions", routing::post(keep)).with_state(seen.clone());
    let order =
        ChatOrder { model: "m".into(), logprobs: Some(99), seed: Some(1), ..ChatOrder::default() };
    let reply = serve(router).await.chat_whole(&order).await.unwrap();
    let first = TokenLogprob {
        token: "Hi".into(),
        logprob: -0.25,
        bytes: Some(b"Hi".to_vec()),
        top: vec![("Hi".into(), -0.25), ("Ho".into(), -2.0)],
    };
    let expected = ChatReply {
        content: "Hi".into(),
        finish_reason: "stop".into(),
        prompt_tokens: Some(9),
        completion_tokens: Some(1),
        logprobs: vec![first],
        ..ChatReply::default()
    };
    assert_eq!(reply, expected);
    let body = &seen.lock().unwrap()[0];
    assert_eq!((&body["stream"], &body["top_logprobs"]), (&json!(false), &json!(20)));
    assert_eq!(body.get("stream_options"), None);
}

#[tokio::test]
async fn a_service_without_likelihoods_is_not_asked_for_them() {
    let seen = Seen::default();
    let keep = |State(seen): State<Seen>, Json(body): Json<Value>| async move {
        seen.lock().unwrap().push(body);
        Json(json!({"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]}))
    };
    let router =
        Router::new().route("/v1/chat/completions", routing::post(keep)).with_state(seen.clone());
    let mut plain = endpoint(crate::http::tests::serve(router).await);
    plain.capabilities.logprobs = false;
    let service = OpenAiCompatible::new(plain).unwrap();
    let order = ChatOrder { model: "m".into(), logprobs: Some(5), ..ChatOrder::default() };
    assert_eq!(service.chat_whole(&order).await.unwrap().content, "Hi");
    let body = &seen.lock().unwrap()[0];
    assert_eq!((body.get("logprobs"), body.get("top_logprobs")), (None, None));
}

/// What one event of an invented stream does to the answer.
#[derive(Clone)]
enum Meant {
    Piece(&'static str),
    Finish,
    Usage,
    Nothing,
    Done,
    Error,
    Broken,
}

/// A stream as bytes, and what each of its events means from which byte on.
struct Invented {
    bytes: Vec<u8>,
    meant: Vec<(usize, Meant)>,
}

const PIECES: [&str; 4] = ["Hel", "lo ", "wörld", "\u{1f980}\n"];

/// Events that a service might send in any order, written in every way that the format allows.
fn invent(random: &mut Seeded, has_long_line: bool) -> Invented {
    let mut invented = Invented { bytes: Vec::new(), meant: Vec::new() };
    if random.below(3) == 0 {
        invented.bytes.extend_from_slice("\u{feff}".as_bytes());
    }
    let mut plan: Vec<Meant> = (0..random.below(5)).map(|_| Meant::Piece("")).collect();
    // Any of these may be missing, and usage may come after the end of the answer.
    for (odds, end) in [(8, Meant::Finish), (2, Meant::Usage), (8, Meant::Done)] {
        if random.below(10) < odds {
            plan.push(end);
        }
    }
    for (odds, odd) in [(1, Meant::Error), (1, Meant::Broken), (3, Meant::Nothing)] {
        if random.below(12) < odds {
            plan.insert(random.below(plan.len() + 1), odd);
        }
    }
    if random.below(20) == 0 {
        random.shuffle(&mut plan);
    }
    for meant in plan {
        write_event(random, &meant, &mut invented);
    }
    if has_long_line {
        let end = invented.bytes.len() + (1 << 20) + 1;
        invented.bytes.extend(std::iter::repeat_n(b'x', 5 << 20));
        invented.meant.push((end, Meant::Broken));
    }
    invented
}

fn write_event(random: &mut Seeded, meant: &Meant, to: &mut Invented) {
    let piece = *random.pick(&PIECES);
    let choice = |delta: Value, reason: Value| json!({"choices": [{"delta": delta, "finish_reason": reason}], "obfuscation": "aX9"});
    let data = match meant {
        Meant::Piece(_) => choice(json!({"content": piece}), Value::Null).to_string(),
        Meant::Finish => choice(json!({}), json!("stop")).to_string(),
        Meant::Usage => json!({"choices": [], "usage": {"completion_tokens": 7}}).to_string(),
        Meant::Nothing => json!({"choices": [], "news": {"a": [1]}}).to_string(),
        Meant::Done => "[DONE]".to_owned(),
        Meant::Error => json!({"error": {"message": "gone", "code": "upstream"}}).to_string(),
        Meant::Broken => (*random.pick(&["{\"choices\":", "<html>", "\u{fffd}"])).to_owned(),
    };
    let ends = ["\n", "\r\n", "\r"];
    let line_end = *random.pick(&ends);
    for _ in 0..random.below(3) {
        let other = *random.pick(&[": keep-alive", ":", "event: message", "id: 4", "retry: 10"]);
        to.bytes.extend_from_slice(other.as_bytes());
        to.bytes.extend_from_slice(line_end.as_bytes());
    }
    // A text over several lines is one text; between two fields JSON does not mind.
    let lines: Vec<&str> = match data.split_once(",\"finish_reason\"") {
        Some((first, _)) if random.below(4) == 0 => vec![first, &data[first.len()..]],
        _ => vec![&data],
    };
    for line in lines {
        let space = if random.below(2) == 0 { " " } else { "" };
        to.bytes.extend_from_slice(format!("data:{space}{line}{line_end}").as_bytes());
    }
    // The first byte of the empty line's end ends the event.
    let meant = if matches!(meant, Meant::Piece(_)) { Meant::Piece(piece) } else { meant.clone() };
    to.meant.push((to.bytes.len() + 1, meant));
    to.bytes.extend_from_slice(line_end.as_bytes());
}

/// What must come of a stream that ends after `cut` bytes, told without reading it.
fn expected(invented: &Invented, cut: usize) -> String {
    let (mut content, mut is_finished, mut usage) = (String::new(), false, None);
    for (end, meant) in &invented.meant {
        if *end > cut {
            break;
        }
        match meant {
            Meant::Piece(piece) => content += piece,
            Meant::Finish => is_finished = true,
            Meant::Usage => usage = Some(7),
            Meant::Nothing => {}
            Meant::Error => return "refused gone".to_owned(),
            Meant::Broken => return "garbled".to_owned(),
            // What comes behind the end mark is nobody's.
            Meant::Done if is_finished => return format!("finished {content:?} {usage:?}"),
            Meant::Done => return "cut".to_owned(),
        }
    }
    "cut".to_owned()
}

/// Reads a stream in pieces that end at these places.
fn read(bytes: &[u8], ends: &[usize]) -> String {
    let mut gathered = Gathered::default();
    let mut begin = 0;
    let mut pieces = String::new();
    for &end in ends.iter().chain([&bytes.len()]) {
        let taken = gathered.take(&bytes[begin..end], &mut |piece| pieces += piece);
        match taken {
            Ok(()) => begin = end,
            Err(ServiceError::Refused(refused)) => return format!("refused {}", refused.message),
            Err(ServiceError::Garbled { .. }) => return "garbled".to_owned(),
            Err(error) => panic!("{error}"),
        }
    }
    match gathered.finish() {
        Ok(reply) => {
            assert_eq!(pieces, reply.content, "the pieces are the answer");
            format!("finished {:?} {:?}", reply.content, reply.completion_tokens)
        }
        Err(ServiceError::CutOff) => "cut".to_owned(),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn five_thousand_odd_streams_are_finished_only_when_they_are() {
    let mut finished = 0;
    for seed in 0..5_000 {
        let mut random = Seeded::new(seed);
        let invented = invent(&mut random, seed % 1_000 == 999);
        let all = invented.bytes.len();
        let cut = if random.below(3) == 0 { random.below(all + 1) } else { all };
        let mut ends: Vec<usize> = (0..random.below(6)).map(|_| random.below(cut + 1)).collect();
        ends.sort_unstable();
        let seen = read(&invented.bytes[..cut], &ends);
        assert_eq!(seen, expected(&invented, cut), "seed={seed} cut={cut}");
        finished += u32::from(seen.starts_with("finished"));
    }
    // Were nothing ever finished, or everything, the loop above would prove little.
    assert!((1_000..4_000).contains(&finished), "{finished} finished");
}

#[test]
fn a_stream_may_be_split_at_every_byte() {
    for seed in 0..40 {
        let invented = invent(&mut Seeded::new(seed), false);
        let bytes = &invented.bytes;
        let each: Vec<usize> = (0..bytes.len()).collect();
        let whole = read(bytes, &[]);
        assert_eq!(read(bytes, &each), whole, "seed={seed} byte by byte");
        for split in 0..=bytes.len() {
            assert_eq!(read(bytes, &[split]), whole, "seed={seed} split={split}");
            assert_eq!(
                read(&bytes[..split], &[]),
                expected(&invented, split),
                "seed={seed} cut={split}"
            );
        }
    }
}

#[test]
fn what_is_no_text_is_shown_as_such_and_ends_nothing() {
    let mut bytes = b"data: {\"choices\":[{\"delta\":{\"content\":\"a\xff\xfeb\"}}]}\n\n".to_vec();
    bytes.extend_from_slice(b"data: {\"choices\":[{\"finish_reason\":\"stop\"}]}\n\n");
    assert_eq!(read(&bytes, &[]), "cut");
    bytes.extend_from_slice(b"data: [DONE]\n\n");
    assert_eq!(read(&bytes, &[40]), "finished \"a\u{fffd}\u{fffd}b\" None");
}
