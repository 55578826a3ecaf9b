internal import ByteCoding
internal import OutboundHTTP

/// Leaves secrets out of texts, as they are and in the forms that they take in JSON, addresses and headers.
struct SecretScrubber: Sendable {
    /// Shorter ones are found everywhere.
    private static let bytesMin = 4
    /// The longest first, so that none hides a part of another.
    private var forms: [String] = []

    mutating func add(_ secret: String) {
        guard secret.utf8.count >= SecretScrubber.bytesMin else { return }
        var json = JSONTextWriter()
        json.value(secret)
        var base64: [UInt8] = []
        Base64.encode(Array(secret.utf8), into: &base64)
        let quoted = String(decoding: json.bytes.dropFirst().dropLast(), as: UTF8.self)
        let others = [PercentForm.query(secret), PercentForm.segment(secret), base64].map { String(decoding: $0, as: UTF8.self) }
        for form in [secret, quoted] + others where !forms.contains(form) { forms.append(form) }
        // Of an address, its path is what is secret; hosts are named in errors.
        if let address = try? HTTPAddress(secret), address.path.utf8.count >= 12 { add(String(secret.dropFirst(address.base.count))) }
        forms.sort { $0.utf8.count > $1.utf8.count }
    }

    func clean(_ text: String) -> String {
        forms.reduce(text) { $0.replacing($1, with: HTTPSecret.placeholder) }
    }
}
