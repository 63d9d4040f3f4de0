//! Column guesses on tables as people have them.

use super::ColumnGuess;
use crate::formats::csv::preview;
use crate::formats::sniff;

/// What a person would choose, and the table: question, answer, instructions ("-" for none).
const FIXTURES: &[(&str, &str)] = &[
    // Names, in several languages.
    ("0 1 -", "question,answer\nWhere is it?,In the box.\nWhen?,On Monday.\n"),
    ("1 0 -", "answer,question\nIn the box.,Where is it?\nOn Monday.,When?\n"),
    ("0 1 -", "prompt,completion\nSay hi,hi\nSay no,no\n"),
    ("0 1 -", "text,category\nMy card is lost,card\nWhere is my money,transfer\n"),
    ("0 1 -", "text,label\nGreat film,positive\nBad film,negative\nNice,positive\n"),
    ("1 2 -", "id,text,label\n1,Great film,positive\n2,Bad film,negative\n"),
    ("2 3 -", ",id,review,sentiment\n0,a1,Loved it,pos\n1,a2,Hated it,neg\n"),
    ("1 2 0", "system,user,assistant\nBe kind.,Hello,Hi there\nBe kind.,Bye,See you\n"),
    ("1 2 0", "system_prompt,user_message,assistant_reply\nBe kind.,Hello,Hi\nBe brief.,Bye,Bye\n"),
    ("0 1 -", "instruction,output\nName a fruit,Apple\nName a colour,Red\n"),
    ("0 1 -", "Frage;Antwort\nWo ist es?;Hier\nWann?;Montag\n"),
    ("0 1 -", "Nachricht;Kategorie\nMein Paket fehlt;Lieferung\nDie Bremse quietscht;Reparatur\n"),
    ("1 0 -", "Kategorie;Nachricht\nLieferung;Mein Paket fehlt\nReparatur;Die Bremse quietscht\n"),
    ("0 1 -", "pregunta,respuesta\n¿Dónde está?,Aquí\n¿Cuándo?,El lunes\n"),
    ("0 1 -", "Mensaje,Categoría\nMi paquete no llega,envío\nQuiero devolverlo,devolución\n"),
    ("0 1 -", "question,réponse\nOù est-il ?,Ici\nQuand ?,Lundi\n"),
    ("0 1 -", "domanda,risposta\nDov'è?,Qui\nQuando?,Lunedì\n"),
    ("0 1 -", "pergunta,resposta\nOnde está?,Aqui\nQuando?,Segunda\n"),
    ("0 1 -", "vraag,antwoord\nWaar is het?,Hier\nWanneer?,Maandag\n"),
    ("0 1 -", "質問,回答\nどこですか,ここです\nいつですか,月曜日です\n"),
    ("0 1 -", "问题,答案\n在哪里？,在这里\n什么时候？,星期一\n"),
    ("0 1 -", "질문,답변\n어디에 있나요?,여기요\n언제요?,월요일\n"),
    ("0 1 -", "вопрос,ответ\nГде он?,Здесь\nКогда?,В понедельник\n"),
    ("0 1 -", "pytanie;odpowiedź\nGdzie to jest?;Tutaj\nKiedy?;W poniedziałek\n"),
    ("0 1 -", "soru,cevap\nNerede?,Burada\nNe zaman?,Pazartesi\n"),
    ("0 1 -", "سؤال,جواب\nأين هو؟,هنا\nمتى؟,الاثنين\n"),
    // Names among others.
    (
        "2 3 -",
        "id,date,message,intent\n1,2026-01-02,Where is my card,card\n2,2026-01-03,Pay me,transfer\n",
    ),
    (
        "1 2 -",
        "ticket_id,ticket_text,ticket_category\nT1,Printer broken,hardware\nT2,No mail,software\n",
    ),
    ("1 2 -", "question_id,question_text,answer_text\n7,Where?,Here\n8,When?,Now\n"),
    ("2 1 -", "author,label,comment\nada,toxic,You are bad\nbob,fine,You are good\n"),
    (
        "2 4 -",
        "Nr;Datum;Kundenanfrage;Name;Antwort\n1;1.2.2026;Wo ist es?;Ada;Hier\n2;2.2.2026;Wann?;Bob;Bald\n",
    ),
    ("1 2 -", "title,body,tag\nHelp,My bike squeaks,repair\nLost,My parcel is lost,delivery\n"),
    ("0 2 -", "utterance,language,intent\nplay some jazz,en,music\nwake me at six,en,alarm\n"),
    ("0 1 -", "User Question,Expected Answer,Rating\nWhere?,Here,5\nWhen?,Now,4\n"),
    (
        "1 3 -",
        "timestamp,userInput,channel,botResponse\n12:00,Hello,web,Hi\n12:01,Bye,web,Bye bye\n",
    ),
    ("0 1 -", "source,target\nGuten Tag,Good day\nGute Nacht,Good night\n"),
    (
        "1 2 0",
        "instruction,input,output\nTranslate into German please,dog,Hund\nTranslate into German please,cat,Katze\nTranslate into German please,cow,Kuh\n",
    ),
    // No names: what stands in the columns decides.
    (
        "0 1 -",
        "Where is my bike now?,delivery\nThe brake is broken.,repair\nMy parcel is lost.,delivery\nIt squeaks again.,repair\n",
    ),
    (
        "1 0 -",
        "delivery,Where is my bike now?\nrepair,The brake is broken.\ndelivery,My parcel is lost.\nrepair,It squeaks again.\n",
    ),
    (
        "1 2 -",
        "1,Where is my bike now?,delivery\n2,The brake is broken.,repair\n3,My parcel is lost.,delivery\n4,It squeaks.,repair\n",
    ),
    (
        "1 2 -",
        "2026-01-02,Where is my bike now?,delivery\n2026-01-03,The brake is broken.,repair\n2026-01-04,Lost.,delivery\n2026-01-05,It squeaks.,repair\n",
    ),
    (
        "0 1 -",
        "Where is my bike now?,It is on its way to your house and comes tomorrow.\nCan you mend it?,Yes.\n",
    ),
    (
        "0 1 -",
        "How old is the shop?,It was opened in 1987 by two sisters.\nWho runs it?,Their children do.\nIs it far?,No.\n",
    ),
    (
        "0 1 -",
        "Kundentext,Sorte\nWann kommt mein Paket endlich an,Lieferung\nDas Rad klappert laut,Reparatur\nWo bleibt es,Lieferung\n",
    ),
    (
        "0 2 -",
        "Good morning to all of you,17,greeting\nSee you again next week,12,farewell\nGood evening to everybody,9,greeting\nUntil then and good night,4,farewell\n",
    ),
    (
        "1 2 0",
        "You sort messages of a bicycle shop.,Where is my parcel?,delivery\nYou sort messages of a bicycle shop.,It squeaks.,repair\nYou sort messages of a bicycle shop.,Not here yet.,delivery\n",
    ),
    (
        "1 2 -",
        "alpha,beta,gamma\n10,Where is my parcel today?,delivery\n11,My brake squeaks badly.,repair\n12,It is lost I think.,delivery\n",
    ),
    (
        "0 3 -",
        "message,priority,channel,queue\nWhere is my parcel?,high,web,delivery\nIt squeaks.,low,phone,repair\n",
    ),
    ("0 1 -", "Betreff und Text;Abteilung\nRechnung falsch;Buchhaltung\nPaket fehlt;Versand\n"),
    ("0 1 -", "tweet,class,score\nso happy today,joy,0.9\nso sad today,grief,0.8\n"),
    ("0 0 -", "only\none column\nof text\n"),
];

fn guess_of(table: &str) -> ColumnGuess {
    let sniffed = sniff(table.as_bytes(), "table.csv").unwrap();
    preview(table.as_bytes(), &sniffed, 5).unwrap().guess
}

#[test]
fn nine_of_ten_tables_are_guessed_as_a_person_would() {
    assert!(FIXTURES.len() >= 40, "few tables prove little");
    let missed: Vec<String> = FIXTURES
        .iter()
        .filter_map(|(expected, table)| {
            let it = guess_of(table);
            let instructions = it.instructions.map_or("-".to_owned(), |it| it.to_string());
            let guessed = format!("{} {} {instructions}", it.question, it.answer);
            (guessed != *expected).then(|| format!("{guessed} for {expected}: {table}"))
        })
        .collect();
    let missed_share = missed.len() * 100 / FIXTURES.len();
    assert!(missed_share <= 10, "{missed_share} % missed:\n{}", missed.join("\n"));
    println!("{} of {} missed\n{}", missed.len(), FIXTURES.len(), missed.join("\n"));
}

#[test]
fn a_guess_is_always_within_the_table() {
    for table in [
        "a",
        ",",
        "x,y,z",
        "1,2\n3,4\n",
        "id,date\n1,2\n",
        "question\nq\n",
        "system,answer\nBe kind.,a\n",
    ] {
        let it = guess_of(table);
        let sniffed = sniff(table.as_bytes(), "table.csv").unwrap();
        let width = preview(table.as_bytes(), &sniffed, 5).unwrap().columns.len().max(1);
        assert!(it.question < width && it.answer < width, "{table:?}: {it:?}");
        assert!(it.instructions.is_none_or(|it| it < width), "{table:?}: {it:?}");
        assert!(width < 2 || it.question != it.answer, "{table:?}: {it:?}");
    }
}
