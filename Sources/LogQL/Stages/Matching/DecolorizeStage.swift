internal import LinearRegex

/// `| decolorize`: takes the sequences out of a line that colour it on a terminal (ECMA-48).
struct DecolorizeStage: Sendable {
    private let pattern: LinearPattern
    private let nothing = ReplacementTemplate("")

    init() throws(StageError) {
        // An introducer, parameters, and either a text that a bell ends or a final character.
        let text = "(?:[a-zA-Z\\d]*(?:;[a-zA-Z\\d]*)*)?\\x{7}"
        let command = "(?:\\d{1,4}(?:;\\d{0,4})*)?[\\dA-PRZcf-ntqry=><~]"
        do {
            pattern = try LinearPattern("[\\x{1b}\\x{9b}][\\[\\]()#;?]*(?:(?:\(text))|(?:\(command)))", anchored: false)
        } catch {
            throw StageError(error.description)
        }
    }

    func run(on context: inout LineContext) {
        let line = context.line
        line.withBytes { bytes in
            guard DecolorizeStage.mayHaveSequence(bytes) else { return }
            context.setLine { pattern.replaceAll(in: bytes, with: nothing, into: &$0) }
        }
    }

    private static func mayHaveSequence(_ bytes: UnsafeRawBufferPointer) -> Bool {
        ByteSearch.firstIndex(of: [0x1b], in: bytes) != nil || ByteSearch.firstIndex(of: [0xc2, 0x9b], in: bytes) != nil
    }
}
