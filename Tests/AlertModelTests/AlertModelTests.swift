import AlertModel
import TelemetryModel
import Testing

@Suite struct AlertFingerprintTests {
    @Test func `the fingerprint of no labels is the offset of FNV-1a`() {
        #expect(AlertFingerprint(LabelSet()).description == "cbf29ce484222325")
    }

    @Test func `the text of a fingerprint has sixteen digits and is read back`() {
        let fingerprint = AlertFingerprint(value: 0x1f)
        #expect(fingerprint.description == "000000000000001f")
        #expect(AlertFingerprint(parsing: fingerprint.description) == fingerprint)
        for wrong in ["", "1f", "000000000000001g", "+00000000000001f", "0000000000000001f"] {
            #expect(AlertFingerprint(parsing: wrong) == nil, "\(wrong)")
        }
    }
}
