/// Numbers of bytes in queries: `5KB`, `1.5MiB`.
enum QueryByteSize {
    /// Reads one; nil where it is none.
    static func literal(_ text: some Collection<UInt8>) -> UInt64? {
        Array(text).withUnsafeBytes { bytes in
            do throws(ConversionFault) {
                return try ByteSizeText.parse(bytes)
            } catch {
                return nil
            }
        }
    }

    /// The shortest text that says exactly this.
    static func text(_ bytes: UInt64) -> String {
        var (rest, power) = (bytes, 0)
        while rest >= 1000, rest % 1000 == 0, power < 5 { (rest, power) = (rest / 1000, power + 1) }
        return "\(rest)" + ["B", "kB", "MB", "GB", "TB", "PB"][power]
    }
}
