//! What columns are called in many languages.
//!
//! Names are compared without case, white space and punctuation; the better word stands first.

/// What a column may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// What is asked.
    Question,
    /// What is answered, or the group.
    Answer,
    /// Standing instructions.
    Instructions,
    /// A number, a date, a person: nothing to learn from.
    Other,
}

const QUESTION: &[&str] = &[
    "question",
    "questions",
    "frage",
    "fragen",
    "pregunta",
    "domanda",
    "pergunta",
    "vraag",
    "fråga",
    "spørgsmål",
    "spørsmål",
    "kysymys",
    "pytanie",
    "otázka",
    "kérdés",
    "întrebare",
    "ερώτηση",
    "soru",
    "вопрос",
    "питання",
    "質問",
    "问题",
    "問題",
    "提问",
    "질문",
    "سؤال",
    "प्रश्न",
    "שאלה",
    "câuhỏi",
    "pertanyaan",
    "prompt",
    "query",
    "anfrage",
    "consulta",
    "requête",
    "richiesta",
    "message",
    "messages",
    "nachricht",
    "mensaje",
    "messaggio",
    "mensagem",
    "bericht",
    "wiadomość",
    "сообщение",
    "メッセージ",
    "消息",
    "메시지",
    "رسالة",
    "body",
    "text",
    "texte",
    "texto",
    "testo",
    "tekst",
    "текст",
    "テキスト",
    "文本",
    "내용",
    "텍스트",
    "نص",
    "input",
    "eingabe",
    "entrada",
    "utterance",
    "sentence",
    "satz",
    "review",
    "reviews",
    "rezension",
    "comment",
    "kommentar",
    "comentario",
    "tweet",
    "email",
    "mail",
    "ticket",
    "request",
    "content",
    "inhalt",
    "user",
    "customer",
    "kunde",
    "description",
    "beschreibung",
    "problem",
    "complaint",
    "instruction",
    "source",
    "src",
    "front",
    "subject",
    "betreff",
    "title",
    "titel",
];

const ANSWER: &[&str] = &[
    "answer",
    "answers",
    "antwort",
    "antworten",
    "respuesta",
    "réponse",
    "reponse",
    "risposta",
    "resposta",
    "antwoord",
    "svar",
    "vastaus",
    "odpowiedź",
    "odpověď",
    "válasz",
    "răspuns",
    "απάντηση",
    "cevap",
    "yanıt",
    "ответ",
    "відповідь",
    "回答",
    "答え",
    "答案",
    "解答",
    "답변",
    "답",
    "جواب",
    "إجابة",
    "उत्तर",
    "תשובה",
    "trảlời",
    "câutrảlời",
    "jawaban",
    "completion",
    "response",
    "output",
    "ausgabe",
    "salida",
    "sortie",
    "saída",
    "reply",
    "assistant",
    "bot",
    "agent",
    "chosen",
    "expected",
    "gold",
    "target",
    "label",
    "labels",
    "etikett",
    "etiqueta",
    "étiquette",
    "etichetta",
    "метка",
    "ラベル",
    "标签",
    "標籤",
    "레이블",
    "category",
    "categories",
    "kategorie",
    "categoría",
    "categoria",
    "catégorie",
    "kategoria",
    "categorie",
    "категория",
    "カテゴリ",
    "カテゴリー",
    "分類",
    "分类",
    "类别",
    "類別",
    "카테고리",
    "분류",
    "فئة",
    "class",
    "klasse",
    "clase",
    "classe",
    "intent",
    "intention",
    "absicht",
    "topic",
    "thema",
    "tema",
    "thème",
    "group",
    "gruppe",
    "grupo",
    "groupe",
    "gruppo",
    "tag",
    "tags",
    "sentiment",
    "stimmung",
    "emotion",
    "department",
    "abteilung",
    "queue",
    "team",
    "result",
    "ergebnis",
    "solution",
    "lösung",
    "summary",
    "translation",
    "übersetzung",
    "traducción",
    "traduction",
    "back",
    "spam",
];

const INSTRUCTIONS: &[&str] = &[
    "systemprompt",
    "systemmessage",
    "system",
    "instructions",
    "anweisung",
    "anweisungen",
    "instrucciones",
    "istruzioni",
    "instruções",
    "consignes",
    "инструкция",
    "инструкции",
    "指示",
    "指令",
    "システム",
    "developer",
    "persona",
];

const OTHER: &[&str] = &[
    "id",
    "nr",
    "no",
    "num",
    "number",
    "nummer",
    "index",
    "idx",
    "uuid",
    "key",
    "date",
    "datum",
    "fecha",
    "data",
    "time",
    "zeit",
    "timestamp",
    "created",
    "createdat",
    "updated",
    "author",
    "autor",
    "name",
    "url",
    "link",
    "language",
    "lang",
    "sprache",
    "source id",
    "split",
    "score",
    "rating",
    "weight",
    "note",
    "notes",
    "phone",
    "telefon",
    "status",
    "priority",
    "channel",
    "kanal",
];

/// How surely the name says this, from 0 (not at all).
pub(crate) fn rank(name: &str, meaning: Meaning) -> usize {
    let list = match meaning {
        Meaning::Question => QUESTION,
        Meaning::Answer => ANSWER,
        Meaning::Instructions => INSTRUCTIONS,
        Meaning::Other => OTHER,
    };
    let words = words_of(name);
    let whole = words.concat();
    let place = |word: &str| list.iter().position(|it| *it == word);
    if let Some(place) = place(&whole) {
        return 2 * list.len() - place;
    }
    // Of several words the last tells what it is: "question id" is a number, "user question" asks.
    let last = words.last().and_then(|word| place(word)).map(|place| (list.len() - place, 1));
    let first = words.iter().rev().skip(1).filter_map(|word| place(word)).min();
    let first = first.map(|place| ((list.len() - place) / 2, 0));
    last.max(first).map_or(0, |(rank, _)| rank.max(1))
}

/// Whether the name is one of those that columns have.
pub(crate) fn is_known(name: &str) -> bool {
    let words = words_of(name);
    let whole = words.concat();
    [QUESTION, ANSWER, INSTRUCTIONS, OTHER].iter().any(|list| list.contains(&whole.as_str()))
        || (words.len() > 1
            && words.len() <= 3
            && [Meaning::Question, Meaning::Answer].iter().any(|it| rank(name, *it) > 0))
}

/// The words of a name, in small letters: `userQuestion_text` has three.
fn words_of(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && was_small) {
            words.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        was_small = c.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}
