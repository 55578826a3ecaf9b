#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The calls that led to where the program is.
enum CallStack {
    private static let depthMax = 64

    /// The innermost call outside of logging first; empty where the system does not tell.
    static func now() -> [String] {
        #if canImport(Glibc)
        // The C library has these functions, but the module that Swift imports of it has not.
        typealias Backtrace = @convention(c) (UnsafeMutablePointer<UnsafeMutableRawPointer?>, Int32) -> Int32
        typealias Symbols =
            @convention(c) (
                UnsafeMutablePointer<UnsafeMutableRawPointer?>, Int32
            ) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
        guard let backtraceSymbol = dlsym(nil, "backtrace"), let symbolsSymbol = dlsym(nil, "backtrace_symbols") else { return [] }
        let backtrace = unsafeBitCast(backtraceSymbol, to: Backtrace.self)
        let symbols = unsafeBitCast(symbolsSymbol, to: Symbols.self)
        var addresses = [UnsafeMutableRawPointer?](repeating: nil, count: depthMax)
        let depth = backtrace(&addresses, Int32(depthMax))
        guard let names = symbols(&addresses, depth) else { return [] }
        defer { free(names) }
        var calls: [String] = []
        for index in 0..<Int(depth) {
            guard let name = names[index] else { continue }
            let call = String(cString: name)
            if !call.contains("PerchLogging") && !call.contains("7Logging") { calls.append(call) }
        }
        return calls
        #else
        return []
        #endif
    }
}
