internal import TelemetryModel
internal import TestSupport

/// One entry as it was sent.
struct SentEntry: Hashable {
    var labels: LabelSet
    var time: Int64
    var line: [UInt8]
    var metadata: LabelSet
}

/// Makes entries of all kinds: lines of JSON that are alike and not, of keys and values, of words, of anything.
struct RandomLogs {
    var generator: SeededGenerator
    var now: Int64

    init(seed: UInt64, now: Int64 = LogFixture.noon) {
        generator = SeededGenerator(seed: seed)
        self.now = now
    }

    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &generator) }
    mutating func chance(_ onceIn: Int) -> Bool { below(onceIn) == 0 }
    mutating func pick(_ texts: [String]) -> String { texts[below(texts.count)] }

    mutating func hex(_ digits: Int) -> String { String((0..<digits).map { _ in Array("0123456789abcdef")[below(16)] }) }

    mutating func labels() -> LabelSet {
        let service = pick(["gateway", "orders", "users"])
        return LabelSet([
            ("env", pick(["prod", "dev"])), ("service", service), ("pod", "\(service)-\(below(3))"), ("level", pick(["info", "error"])),
        ])
    }

    mutating func entries(_ count: Int) -> [SentEntry] {
        var trace = hex(32)
        return (0..<count).map { _ in
            now += Int64(below(3)) * Int64(below(2_000_000))
            if chance(3) { trace = hex(32) }
            let labels = labels()
            var metadata = LabelSet()
            if chance(2) { metadata = LabelSet([("trace_id", trace), ("thread", "\(below(20))")]) }
            if chance(12) {
                metadata = LabelSet([("region", pick(["eu", "us"])), ("attempt", "\(below(1000))"), ("node id", hex(below(20)))])
            }
            let time = chance(10) ? now - Int64(below(1_000_000_000)) : now
            return SentEntry(labels: labels, time: time, line: line(time, trace), metadata: metadata)
        }
    }

    mutating func line(_ time: Int64, _ trace: String) -> [UInt8] {
        switch below(10) {
        case 0...3: Array(request(time, trace).utf8)
        case 4: Array(otherObject(trace).utf8)
        case 5: Array(keysAndValues(trace).utf8)
        case 6, 7: Array(words().utf8)
        case 8: hostile()
        default: Array("[\(below(9000))] \(pick(["cron", "kernel"])): usb \(below(4))-\(below(9)): new device number \(below(128))".utf8)
        }
    }

    private mutating func request(_ time: Int64, _ trace: String) -> String {
        let seconds = time / 1_000_000_000
        let micro = time % 1_000_000_000 / 1000
        let clock = seconds % 86_400
        let date = "2026-11-22T\(two(clock / 3600)):\(two(clock / 60 % 60)):\(two(clock % 60)).\(String(micro + 1_000_000).dropFirst())Z"
        let route = pick(["/api/orders", "/api/orders/{id}", "/api/users/{id}", "/healthz"])
        let path = route.replacing("{id}", with: "\(below(100_000))")
        return
            #"{"ts":"\#(date)","level":"\#(pick(["info", "warn"]))","trace_id":"\#(trace)","span_id":"\#(hex(16))","msg":"\#(words())","method":"\#(route.contains("{") ? "GET" : "POST")","route":"\#(route)","path":"\#(path)","status":\#(pick(["200", "404", "500"])),"duration_ms":\#(below(1000)).\#(below(10)),"user_id":"us-\#(below(100_000))","client_ip":"10.\#(below(32)).\#(below(256)).\#(below(256))"}"#
    }

    private func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }

    private mutating func otherObject(_ trace: String) -> String {
        switch below(9) {
        case 0: #"{"a":{"b":{"c":\#(below(5)),"d":"x\#(below(100))"}},"e":[1,{"f":"]"},\#(below(9))],"g":null,"h":\#(chance(2))}"#
        case 1: #" { "k" : "quote \" slash \\ tab \t é ☕ \u00e9\ud83d\ude00" , "n" : -\#(below(99))e+2 } "#
        case 2: #"{"k":"first","k":"second","k":\#(below(4))}"#
        case 3: "{}"
        case 4: #"{"empty":{},"list":[],"zero":0,"float":\#(below(3)).50,"big":123456789012345678901234567890}"#
        case 5: #"{"id":"\#(hex(8))-\#(hex(4))-\#(hex(4))-\#(hex(4))-\#(hex(12))","sha":"\#(hex(40))","up":"\#(hex(24).uppercased())"}"#
        case 6: #"{"key \#(below(400))":"\#(trace)","broken":}"#
        case 7: #"{"key-\#(below(400))":"\#(trace)","näme":true}"#
        default:
            #"{"pad":"\#(String(below(1000) + 10_000).dropFirst())","at":"2026-11-\#(10 + below(20)) 0\#(below(10)):00:59,\#(100 + below(900))","bad":"2026-13-45T99:99:99Z"}"#
        }
    }

    private mutating func keysAndValues(_ trace: String) -> String {
        #"level=\#(pick(["info", "warn"])) caller=main.go:\#(below(900)) dur=\#(below(90)).\#(below(99))ms trace=\#(trace) user=\#(pick(["ann", "bob", "käthe"])) msg="\#(words())""#
    }

    mutating func words() -> String {
        switch below(6) {
        case 0: "order or-\(below(100_000_000)) placed by us-\(below(1_000_000))"
        case 1: "payment pa-\(below(1_000_000_000)) authorised for \(below(300)).\(10 + below(90)) EUR"
        case 2: "upstream \(pick(["orders", "users", "payments"])) timed out after \(below(3000)) ms"
        case 3: "query took \(below(3000)) ms, \(below(3000)) rows on db\(below(4))"
        case 4: "node\(below(12)) at 0x\(hex(8)) said 007 \(hex(11))"
        default: "request completed"
        }
    }

    private mutating func hostile() -> [UInt8] {
        switch below(8) {
        case 0: return []
        case 1: return generator.bytes(below(60))
        case 2: return [0xff, 0xfe] + Array("{\"a\":\"b\"}".utf8)
        case 3: return Array("{\"a\":\"".utf8) + [0xc3, 0x28] + Array("\"}".utf8)
        case 4: return Array("{\"a\":\"x\u{1}y\"}".utf8)
        case 5: return [1, 2, 3, UInt8(below(256)), 1]
        case 6: return Array(String(repeating: "{\"a\":", count: 40).utf8) + Array(String(repeating: "}", count: 40).utf8)
        default: return Array("line one \(below(10))\nline two\r\n\ttab \u{0} 000\(below(100)) 1.2.3 1.5.".utf8)
        }
    }
}

extension LogBatch {
    /// Entries as a receiver would hand them on, in the order given.
    init(_ entries: [SentEntry]) {
        self.init()
        var latest: LabelSet?
        for entry in entries {
            if entry.labels != latest { beginPart(entry.labels) }
            latest = entry.labels
            append(time: entry.time, line: entry.line, metadata: entry.metadata.packed)
        }
    }
}
