public import HTTPTypes

extension HTTPResponse.Status {
    /// 402 (RFC 9110, section 15.5.3), which HTTPTypes has no name for.
    public static let paymentRequired = HTTPResponse.Status(code: 402, reasonPhrase: "Payment Required")
}
