import ConfigFile
import Testing

@Suite struct RedactionTests {
    private func redacted(_ text: String) throws -> String {
        try ConfigDocument(parsing: text, file: "t.yml").redacted { $0 == "password" || $0 == "secrets" }
    }

    @Test func hidesWhatSecretKeysHoldInAnyStyle() throws {
        let text = try redacted(
            """
            a: {password: hunter2, b: [1, 'two']}
            list:
              - password: |
                  hunter2
                user: me
              - secrets: [hunter2]
            """)
        #expect(
            text == """
                a:
                  password: <secret>
                  b:
                    - 1
                    - "two"
                list:
                  - password: <secret>
                    user: me
                  - secrets: [<secret>]

                """)
    }

    @Test func hidesUsersOfAddresses() throws {
        #expect(try redacted("url: https://me:hunter2@example.org/a@b") == "url: \"https://<secret>@example.org/a@b\"\n")
    }

    @Test(arguments: ["a: {}\nb: []\nc: \"x: # y\\n\\\\\"\n", "- - 1\n  - a: 2\n    b:\n      - {c: 3}\n"])
    func meansTheSameAsTheOriginal(text: String) throws {
        let once = try redacted(text)
        #expect(try redacted(once) == once)
    }
}
