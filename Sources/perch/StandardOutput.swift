internal import Foundation

/// Where results go.
enum StandardOutput {
    /// Writes a text, or ends the program where that cannot be done: quietly, as others do, where whoever reads it has had enough (`| head`).
    static func write(_ text: String) {
        do {
            try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
        } catch {
            let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError ?? error as NSError
            if cause.domain == NSPOSIXErrorDomain && cause.code == Int(EPIPE) {
                // The networking library has the signal ignored.
                signal(SIGPIPE, SIG_DFL)
                raise(SIGPIPE)
            }
            StandardError.write("error: cannot write to standard output: \(cause.localizedDescription)\n")
            exit(1)
        }
    }
}
