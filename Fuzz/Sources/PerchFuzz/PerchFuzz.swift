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
    static func main() {
        let names = parsers.keys.sorted().joined(separator: ", ")
        guard CommandLine.arguments.count > 1, let parser = parsers[CommandLine.arguments[1]] else {
            print("perch-fuzz PARSER [CORPUS_FOLDER] [OPTIONS]; parsers: \(names)")
            exit(2)
        }
        chosen = parser
        // The driver wants its arguments as main has them, without the name of the parser.
        var arguments = CommandLine.unsafeArgv
        var count = CommandLine.argc - 1
        let kept = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: Int(count) + 1)
        kept[0] = arguments[0]
        for index in 1..<Int(count) + 1 { kept[index] = arguments[index + 1] }
        arguments = kept
        exit(
            runDriver(&count, &arguments) { bytes, size in
                chosen(Array(UnsafeBufferPointer(start: bytes, count: size)))
                return 0
            })
    }
}
