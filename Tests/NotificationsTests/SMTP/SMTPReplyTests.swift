import Foundation
import TestSupport
import Testing

@testable import Notifications

@Suite struct SMTPReplyTests {
    private func replies(_ text: String) throws -> [SMTPReply] {
        var parser = SMTPReplyParser()
        return try parser.feed(text.utf8)
    }

    @Test func `replies have one line or several`() throws {
        #expect(try replies("220 hello\r\n") == [SMTPReply(code: 220, lines: ["hello"])])
        #expect(
            try replies("250-a\r\n250-b c\r\n250 d\r\n354\n") == [
                SMTPReply(code: 250, lines: ["a", "b c", "d"]), SMTPReply(code: 354, lines: [""]),
            ])
        #expect(try replies("250-a\r\n").isEmpty)
        #expect(SMTPReply(code: 550, lines: ["5.1.1", "no"]).text == "550 5.1.1 no")
    }

    @Test(arguments: [
        "hello\r\n", "25 x\r\n", "250-a\r\n251 b\r\n", "250+a\r\n", "199 x\r\n", "600 x\r\n", "\r\n", "HTTP/1.1 400 Bad Request\r\n",
    ])
    func `what is no reply is refused`(text: String) {
        #expect(throws: SMTPReplyParser.Fault.malformed) { try replies(text) }
    }

    @Test func `a server cannot make the client hold without end`() {
        #expect(throws: SMTPReplyParser.Fault.tooLong) { try replies(String(repeating: "2", count: 5000)) }
        #expect(throws: SMTPReplyParser.Fault.tooLong) { try replies(String(repeating: "250-a\r\n", count: 500)) }
    }

    @Test func `pieces of any size give the same replies, and no bytes trap`() throws {
        var random = SeededGenerator(seed: .random(in: 0...UInt64.max))
        let text = Array("220 hi\r\n250-a.example\r\n250-AUTH PLAIN LOGIN\r\n250 STARTTLS\r\n535 5.7.8 no\r\n".utf8)
        let whole = try replies(String(decoding: text, as: UTF8.self))
        for _ in 0..<200 {
            var parser = SMTPReplyParser()
            var found: [SMTPReply] = []
            var rest = text[...]
            while !rest.isEmpty {
                let piece = rest.prefix(Int.random(in: 1...9, using: &random))
                rest = rest.dropFirst(piece.count)
                found += try parser.feed(piece)
            }
            #expect(found == whole && parser.isAtStart, "seed \(random.seed)")
            var mutated = text
            for _ in 0..<3 { mutated[Int.random(in: 0..<mutated.count, using: &random)] = UInt8.random(in: 0...255, using: &random) }
            var other = SMTPReplyParser()
            _ = try? other.feed(mutated)
            for reply in (try? replies(String(decoding: mutated.prefix(Int.random(in: 0...text.count, using: &random)), as: UTF8.self)))
                ?? []
            {
                _ = SMTPExtensions(reply).mechanisms
            }
        }
    }

    @Test func `extensions are told by their names`() {
        let extensions = SMTPExtensions(
            SMTPReply(code: 250, lines: ["x.example", "starttls", "AUTH LOGIN plain", "AUTH=CRAM-MD5", "SIZE 100", ""]))
        #expect(extensions["STARTTLS"] == "" && extensions["SIZE"] == "100" && extensions["8BITMIME"] == nil)
        #expect(extensions.mechanisms == ["LOGIN", "PLAIN"])
    }

    @Test func `proofs of who a client is are those of their standards`() {
        let plain = SMTPAuthentication.plain(identity: "i", username: "u", password: "p")
        #expect(plain.initialResponse == Data("i\0u\0p".utf8).base64EncodedString() && plain.revealsPassword)
        let login = SMTPAuthentication.login(username: "u", password: "p")
        #expect(login.response(to: "VXNlcm5hbWU6", step: 0) == "dQ==" && login.response(to: "UGFzc3dvcmQ6", step: 1) == "cA==")
        #expect(login.response(to: "!", step: 0) == nil && login.response(to: "eA==", step: 2) == nil)
        // RFC 2195, section 2.
        let cram = SMTPAuthentication.cramMD5(username: "tim", secret: "tanstaaftanstaaf")
        let challenge = Data("<1896.697170952@postoffice.reston.mci.net>".utf8).base64EncodedString()
        #expect(cram.response(to: challenge, step: 0) == Data("tim b913a602c7eda7a495b4e6e7334d3890".utf8).base64EncodedString())
        #expect(!cram.revealsPassword)
    }
}
