import Foundation
import TestSupport
import Testing

@testable import Notifications

@Suite struct MailTextTests {
    @Test(arguments: [
        ("a=b", "a=3Db"), ("é", "=C3=A9"), ("a \nb\t\r\n", "a=20\r\nb=09\r\n"), ("a\rb", "a=0Db"),
        (String(repeating: "x", count: 77), String(repeating: "x", count: 75) + "=\r\nxx"),
        (String(repeating: "x", count: 76), String(repeating: "x", count: 76)), ("", ""), ("\n.\n", "\r\n.\r\n"),
    ])
    func `bodies are quoted-printable`(text: String, expected: String) {
        #expect(String(decoding: MailText.quotedPrintable(text), as: UTF8.self) == expected)
    }

    @Test func `lines of bodies are short and plain, whatever the text`() {
        var random = SeededGenerator(seed: .random(in: 0...UInt64.max))
        for _ in 0..<200 {
            let text = String(decoding: random.bytes(Int.random(in: 0...400, using: &random)), as: UTF8.self)
            let lines = String(decoding: MailText.quotedPrintable(text), as: UTF8.self).components(separatedBy: "\r\n")
            #expect(
                lines.allSatisfy {
                    $0.utf8.count <= 76 && !$0.hasSuffix(" ") && $0.utf8.allSatisfy { $0 == 0x09 || ($0 >= 0x20 && $0 < 0x7f) }
                }, "seed \(random.seed)")
            let header = MailText.header(text).components(separatedBy: "\r\n ")
            #expect(header.allSatisfy { $0.utf8.allSatisfy { $0 == 0x09 || ($0 >= 0x20 && $0 < 0x7f) } }, "seed \(random.seed)")
        }
    }

    @Test(arguments: [
        ("plain text", "plain text"), ("é x", "=?utf-8?q?=C3=A9_x?="), ("a\r\nBcc: b", "=?utf-8?q?a=0D=0ABcc=3A_b?="),
        (String(repeating: "é", count: 12), "=?utf-8?q?\(String(repeating: "=C3=A9", count: 10))?=\r\n =?utf-8?q?=C3=A9=C3=A9?="),
    ])
    func `headers are encoded words where they are not plain`(text: String, expected: String) {
        #expect(MailText.header(text) == expected)
    }

    @Test func `dots at the start of lines are doubled`() {
        #expect(String(decoding: MailText.data(Array(".a\r\nb.\r\n..c".utf8)), as: UTF8.self) == "..a\r\nb.\r\n...c\r\n.\r\n")
        #expect(String(decoding: MailText.data([]), as: UTF8.self) == ".\r\n")
    }

    @Test(arguments: [
        ("a@x.example", ["<a@x.example>"]), ("a@x.example, b@y.example", ["<a@x.example>", "<b@y.example>"]),
        ("Ann <a@x.example>", ["Ann <a@x.example>"]),
        ("\"Last, First\" <a@x.example>", ["\"Last, First\" <a@x.example>"]),
        ("Änne B. <a@x.example>", ["=?utf-8?q?=C3=84nne_B=2E?= <a@x.example>"]),
        ("<a@x.example>,", ["<a@x.example>"]), ("a@x.example (a comment), (x) b@[10.0.0.1]", ["<a@x.example>", "<b@[10.0.0.1]>"]),
        ("team: a@x.example, b@x.example;", ["<a@x.example>", "<b@x.example>"]),
        ("\"a b\"@x.example", ["<\"a b\"@x.example>"]), ("a+b=c@x.example", ["<a+b=c@x.example>"]),
    ])
    func `lists of addresses are read`(text: String, expected: [String]) throws {
        #expect(try MailAddressParser.list(text).map(\.header) == expected)
    }

    @Test(arguments: [
        "", "a", "a@", "@x.example", "a b@x.example", "Ann <a@x.example", "a@x.example b@x.example", "a@x..example", "\"a",
        "a@x.example\r\nRCPT TO:<b@y.example>", "team: a@x.example", "<>",
    ])
    func `what is no list of addresses is refused`(text: String) {
        #expect(throws: MailAddressFault.self) { try MailAddressParser.list(text) }
    }

    @Test func `no list of addresses traps, and none has a line break in it`() {
        var random = SeededGenerator(seed: .random(in: 0...UInt64.max))
        let pieces = ["a", "@", ".", ",", "<", ">", "\"", "\\", "(", ")", ":", ";", " ", "\r\n", "[", "]", "é"]
        for _ in 0..<3000 {
            let text = (0..<Int.random(in: 0...10, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            for address in (try? MailAddressParser.list(text)) ?? [] {
                #expect(
                    !address.address.contains("\r") && !address.address.contains("\n") && !address.address.contains(">"),
                    "\(text), seed \(random.seed)")
            }
        }
    }

    @Test func `names of headers get their usual letters`() {
        #expect(MailHeader.canonical("reply-TO") == "Reply-To" && MailHeader.canonical("x:y") == "x:y")
        #expect(!MailHeader.isName("a b") && !MailHeader.isName("") && !MailHeader.isName("a:"))
    }
}
