import SpoolModel
import Testing

@Suite("What may have been meant")
struct SuggestionTests {
    private static let known = ["job-slots", "jobs", "schedule", "status", "fast", "LOG"]

    @Test(
        "A word is taken for the known one that is nearest, if it is near enough",
        arguments: [
            ("job_slots", "job-slots"), ("jobslots", "job-slots"), ("JOBS", "jobs"), ("shedule", "schedule"),
            ("scheduel", "schedule"), ("fats", "fast"), ("stauts", "status"), ("log", "LOG"), ("job", "jobs"),
            ("nothing", nil), ("", nil), ("x", nil), ("fa", nil), ("jobs", nil), ("scheduling", "schedule"),
            ("rescheduled", "schedule"), ("scheme", nil),
            (String(repeating: "a", count: 100_000), nil), ("ｆａｓｔ", nil),
        ] as [(String, String?)])
    func nearest(word: String, meant: String?) {
        #expect(Suggestion.nearest(to: word, among: SuggestionTests.known) == meant)
    }

    @Test(
        "Of many names a message has the first ones, and how many more there are",
        arguments: [([], ""), (["a"], "a"), (["a", "b"], "a, b"), (["a", "b", "c", "d"], "a, b and 2 more")])
    func list(names: [String], text: String) {
        #expect(Suggestion.list(names, most: 2) == text)
    }

    @Test(
        "A payload that is no JSON is shown as the JSON that was probably meant",
        arguments: [
            ("category=tv", #"write {"category": "tv"}"#), ("url=http://a/?b=c", #"write {"url": "http://a/?b=c"}"#),
            (#"a="b""#, #"write {"a": "\"b\""}"#), ("tv", #"write "tv", with the double quotes"#),
            ("{'a': 1}", "JSON has its strings in double quotes"), ("{a: 1}", nil), ("", nil), ("  ", nil), ("=", nil),
            ("5 apples", nil), ("{\"a\": 1", nil), (String(repeating: "a", count: 1000), nil),
        ] as [(String, String?)])
    func payload(text: String, hint: String?) {
        #expect(Payload.hint(for: text) == hint)
    }
}
