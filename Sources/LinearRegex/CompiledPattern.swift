internal import Synchronization

/// What an expression was compiled to: literals and gaps where it is no more than these, and a program.
///
/// Where literals decide, the program is made only when groups are asked for, since making it takes longer than many matches.
final class CompiledPattern: Sendable {
    /// Longer ones are given to RE2 at once, so that it refuses here what is too large for it.
    private static let lazySourceBytesMax = 8192

    let form: LiteralForm?
    private let programSource: String
    private let source: String
    private let made: Mutex<RE2Program?>
    /// The program, where it was made at once.
    private let eager: RE2Program?

    init(_ source: String, anchored: Bool) throws(LinearPatternError) {
        self.source = source
        programSource = anchored ? "^(?s:\(source))$" : source
        form = LiteralForm(source, anchored: anchored)
        let isLazy = form != nil && source.utf8.count <= CompiledPattern.lazySourceBytesMax
        eager = isLazy ? nil : try RE2Program(programSource, source: source)
        made = Mutex(nil)
    }

    var program: RE2Program {
        if let eager { return eager }
        return made.withLock { made in
            if let made { return made }
            do {
                let program = try RE2Program(programSource, source: source)
                made = program
                return program
            } catch {
                preconditionFailure("BUG: \(source) was read as literals but is no expression: \(error)")
            }
        }
    }

    func matches(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if let eager, form == nil { return eager.matches(bytes) }
        return form?.matches(bytes) ?? program.matches(bytes)
    }
}
