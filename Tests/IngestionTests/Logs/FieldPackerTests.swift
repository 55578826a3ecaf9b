internal import LogFormats
internal import TelemetryModel
internal import TestSupport
internal import Testing

@testable internal import Ingestion

@Suite("Fields in canonical form")
struct FieldPackerTests {
    private func packed(_ pairs: [(String, String)], _ packer: inout FieldPacker, extra: String? = nil) -> [UInt8] {
        var fields = LogFields()
        for (name, value) in pairs { fields.append(name, value) }
        packer.prepare(fields)
        var bytes: [UInt8] = []
        packer.pack(fields, extra: extra.map { Array($0.utf8)[...] }, into: &bytes)
        return bytes
    }

    private func name(_ name: String) -> String {
        var bytes: [UInt8] = []
        FieldPacker.appendName(Array(name.utf8)[...], to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(
        arguments: [
            ("http.method", "http_method"), ("a..b", "a_b"), ("a__b", "a_b"), ("123", "key_123"), ("_a", "_a"), ("__a__", "__a__"),
            ("ä", "_"),
            ("ok_9", "ok_9"), ("", ""), ("-", "_"), ("k8s.pod/name", "k8s_pod_name"),
        ])
    func `names are made valid as Loki makes them`(raw: String, valid: String) { #expect(name(raw) == valid) }

    @Test func `it does what a label set of the same pairs does`() throws {
        var generator = SeededGenerator(seed: UInt64.random(in: 0...UInt64.max))
        var packer = FieldPacker(extraName: "extra")
        let names = ["a", "b.c", "b_c", "zz", "extra", "d", "9"]
        let values = ["", "x", "ä", String(repeating: "v", count: 300)]
        for _ in 0..<2000 {
            let count = Int.random(in: 0...7, using: &generator)
            var pairs = (0..<count).map { _ in
                (names.randomElement(using: &generator) ?? "", values.randomElement(using: &generator) ?? "")
            }
            // The same names again, with other values, go by the plan that was made for them.
            for _ in 0..<2 {
                let extra = Bool.random(using: &generator) ? "value" : nil
                var model: [(String, String)] = []
                for (raw, value) in pairs where !value.isEmpty {
                    let valid = name(raw)
                    model.removeAll { $0.0 == valid }
                    model.append((valid, value))
                }
                if let extra { model = model.filter { $0.0 != "extra" } + [("extra", extra)] }
                let bytes = packed(pairs, &packer, extra: extra)
                #expect(try LabelSet(validating: bytes) == LabelSet(model), "seed \(generator.seed)")
                pairs = pairs.map { ($0.0, values.randomElement(using: &generator) ?? "") }
            }
        }
    }

    @Test func `values that are no UTF-8 are mended`() throws {
        var fields = LogFields()
        fields.append(name: { $0.append(UInt8(ascii: "a")) }, value: { $0.append(contentsOf: [0x61, 0xff]) })
        var packer = FieldPacker()
        packer.prepare(fields)
        var bytes: [UInt8] = []
        packer.pack(fields, into: &bytes)
        #expect(try LabelSet(validating: bytes) == ["a": "a\u{fffd}"])
    }
}
