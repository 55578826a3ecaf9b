internal import ByteCoding
internal import TelemetryModel
internal import TestSupport
internal import Testing

@testable internal import LogQL

struct FieldDetectorTests {
    private func type(_ text: String) -> DetectedFieldType { Array(text.utf8).withUnsafeBytes { DetectedFieldType.of($0) } }

    /// Gives lines to a closure as the engine does after the stages of a query.
    private func forEach(_ lines: [String], metadata: [String: String] = [:], made: [String: String] = [:], _ body: (LineContext) -> Void) {
        var context = LineContext()
        context.begin(FieldDetectorTests.stream)
        for line in lines {
            let bytes = Array(line.utf8)
            context.begin(time: 0, line: bytes, in: 0..<bytes.count)
            for (name, value) in metadata {
                Array(name.utf8).withUnsafeBytes { name in Array(value.utf8).withUnsafeBytes { context.addMetadata(name, $0) } }
            }
            for (name, value) in made { context.set(Array(name.utf8), to: Array(value.utf8)) }
            body(context)
        }
    }

    private static let stream = LabelPlaces(LabelSet([("app", "a")]))

    private func detect(
        _ lines: [String], metadata: [String: String] = [:], made: [String: String] = [:], fieldsMax: Int = 100
    ) -> [DetectedField] {
        var detector = FieldDetector(fieldsMax: fieldsMax)
        detector.begin(FieldDetectorTests.stream)
        forEach(lines, metadata: metadata, made: made) { detector.add($0) }
        return detector.detected
    }

    @Test(
        arguments: [
            ("17", .int), ("-5", .int), ("9223372036854775807", .int), ("9223372036854775808", .float), ("1.5", .float), ("1e3", .float),
            ("NaN", .float),
            ("true", .boolean), ("F", .boolean), ("5ms", .duration), ("1h2m", .duration), ("5m", .duration), ("10MB", .bytes),
            ("1.5 kib", .bytes), ("abc", .string),
            ("", .string), ("10 monkeys", .string),
        ] as [(String, DetectedFieldType)])
    func `the type of a value is the first that it can be read as`(text: String, expected: DetectedFieldType) {
        #expect(type(text) == expected)
    }

    @Test func `fields are found in JSON with their path`() {
        let fields = detect([#"{"a":{"b c":1},"app":"x","s":"y"}"#, #"{"a":{"b c":2},"s":"y"}"#])
        #expect(
            fields == [
                DetectedField(label: "a_b_c", type: .int, cardinality: 2, parsers: ["json"], jsonPath: ["a", "b c"]),
                DetectedField(label: "app_extracted", type: .string, cardinality: 1, parsers: ["json"], jsonPath: ["app"]),
                DetectedField(label: "s", type: .string, cardinality: 1, parsers: ["json"], jsonPath: ["s"]),
            ])
    }

    @Test func `lines that are no JSON are read as logfmt`() {
        let fields = detect(["took=5ms size=1KB ok=true", #"{"took":"7ms"}"#])
        #expect(
            fields == [
                DetectedField(label: "ok", type: .boolean, cardinality: 1, parsers: ["logfmt"], jsonPath: []),
                DetectedField(label: "size", type: .bytes, cardinality: 1, parsers: ["logfmt"], jsonPath: []),
                DetectedField(label: "took", type: .duration, cardinality: 2, parsers: ["logfmt", "json"], jsonPath: ["took"]),
            ])
    }

    @Test func `structured metadata and labels that the query made are fields without a parser`() {
        let fields = detect(["x"], metadata: ["trace": "abc"], made: ["made": "1.5", "__error__": "E"])
        #expect(
            fields == [
                DetectedField(label: "made", type: .float, cardinality: 1, parsers: [], jsonPath: []),
                DetectedField(label: "trace", type: .string, cardinality: 1, parsers: [], jsonPath: []),
            ])
    }

    @Test func `the type is that of most values, and whole numbers among fractions are fractions`() {
        #expect(detect(["a=1", "a=2.5", "a=3"]).map(\.type) == [.float])
        #expect(detect(["a=1", "a=-", "a=3"]).map(\.type) == [.int])
        #expect(detect(["a=x", "a=-", "a=3"]).map(\.type) == [.string])
    }

    @Test func `no more fields are told of than are asked for`() {
        #expect(detect(["a=1 b=2 c=3"], fieldsMax: 2).count == 2)
    }

    @Test func `the values of a field are told once`() {
        var values = FieldValues("size", valuesMax: 10)
        values.begin(FieldDetectorTests.stream)
        forEach(["size=1000KB", "size=1MB", "size=5m x=1", "other=1", #"{"size":"a"}"#]) { values.add($0) }
        #expect(values.values == ["1.0MB", "5m", "a"])
        var few = FieldValues("a", valuesMax: 2)
        forEach(["a=1", "a=2", "a=3"]) { few.add($0) }
        #expect(few.values == ["1", "2"])
        #expect(few.isFull)
    }

    @Test(
        arguments: [
            (0, "0B"), (9, "9B"), (10, "10B"), (999, "999B"), (1000, "1.0kB"), (1550, "1.6kB"), (82_854_982, "83MB"), (UInt64.max, "18EB"),
        ] as [(UInt64, String)])
    func `sizes are written short`(size: UInt64, text: String) {
        #expect(ByteSizeText.text(size) == text)
    }

    @Test func `different values are counted exactly while they are few, and well when they are many`() {
        for count in [0, 1, 100, 4096, 4097, 20_000, 200_000] {
            var counter = DistinctCounter()
            for value in 0..<count { for _ in 0..<(count < 5000 ? 2 : 1) { counter.insert(hash64(Array("value \(value)".utf8))) } }
            if count <= 4096 {
                #expect(counter.count == count)
            } else {
                #expect(abs(Double(counter.count) / Double(count) - 1) < 0.12, "\(counter.count) of \(count)")
            }
        }
    }

    @Test func `random lines never trap`() {
        var generator = SeededGenerator(seed: 43)
        var detector = FieldDetector(fieldsMax: 50)
        let pieces = ["{", "}", "\"a\"", ":", "=", " ", "1", "x", "\"", ",", "[", "]", "\\", "é"]
        let lines = (0..<2000).map { _ in
            (0..<Int.random(in: 0...12, using: &generator)).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
        }
        forEach(lines) { detector.add($0) }
        #expect(detector.detected.count <= 50)
    }
}
