internal import Foundation
internal import ShopKit
internal import TestSupport
internal import Testing

@Suite struct JSONValueTests {
    @Test func `values survive being written down`() throws {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<300 {
            let value = Self.value(&random, depth: 0)
            #expect(try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(value)) == value)
        }
    }

    @Test func `members are found by name, and what is not there is nil`() {
        let value: JSONValue = ["a": [1, "x", true, .null], "b": ["c": 2.5]]
        #expect(value["a"]?[0]?.integer == 1)
        #expect(value["a"]?[1]?.text == "x")
        #expect(value["a"]?[2]?.bool == true)
        #expect(value["a"]?[3] == .null)
        #expect(value["a"]?[4] == nil)
        #expect(value["a"]?[-1] == nil)
        #expect(value["b"]?["c"]?.number == 2.5)
        #expect(value["b"]?["c"]?.integer == nil)
        #expect(value["c"] == nil)
        #expect(value[0] == nil)
    }

    private static func value(_ random: inout SeededGenerator, depth: Int) -> JSONValue {
        switch Int.random(in: 0..<(depth < 3 ? 6 : 4), using: &random) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &random))
        case 2: return .number(Double(Int.random(in: -1_000_000...1_000_000, using: &random)) / 8)
        case 3: return .string(["", "a", "\"", "é\u{1F600}\n", "\u{0}"].randomElement(using: &random) ?? "")
        case 4: return .array((0..<3).map { _ in value(&random, depth: depth + 1) })
        default:
            return .object(Dictionary(uniqueKeysWithValues: (0..<3).map { ("k\($0)", value(&random, depth: depth + 1)) }))
        }
    }
}
