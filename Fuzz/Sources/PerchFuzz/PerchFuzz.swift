// One program for all parsers: `perch-fuzz PARSER CORPUS_FOLDER [options of libFuzzer]`. A parser may refuse any bytes; what it may not do is trap, or
// take time or memory out of proportion.

#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// libFuzzer's way in (`FuzzerInterface.h`).
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// The parser that this process is for. Set once, before anything runs.
nonisolated(unsafe) private var chosen: @Sendable ([UInt8]) -> Void = { _ in }

@main
struct PerchFuzz {
    private static let variable = "PERCH_FUZZ_PARSER"

    static func main() {
        let names = parsers.keys.sorted().joined(separator: ", ")
        // To merge corpora the driver starts this program again with the arguments that it was given, among which the parser is not.
        let inherited = getenv(variable).map { String(cString: $0) }
        let named = CommandLine.arguments.dropFirst().first.flatMap { parsers[$0] == nil ? nil : $0 }
        guard let name = named ?? inherited, let parser = parsers[name] else {
            print("perch-fuzz PARSER [CORPUS_FOLDER] [OPTIONS]; parsers: \(names)")
            exit(2)
        }
        chosen = parser
        setenv(variable, name, 1)
        // The driver wants its arguments as main has them, without the name of the parser.
        let given = CommandLine.unsafeArgv
        let skipped = named == nil ? 0 : 1
        var count = CommandLine.argc - CInt(skipped)
        var arguments = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: Int(count) + 1)
        arguments[0] = given[0]
        for index in 1...Int(count) { arguments[index] = given[index + skipped] }
        exit(
            runDriver(&count, &arguments) { bytes, size in
                chosen(Array(UnsafeBufferPointer(start: bytes, count: size)))
                return 0
            })
    }
}
