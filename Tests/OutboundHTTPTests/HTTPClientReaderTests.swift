internal import ConfigFile
import Testing

@testable import OutboundHTTP

@Suite struct HTTPClientReaderTests {
    private func read(_ text: String, ownHeaders: Set<String> = ["accept"]) throws(ConfigError) -> HTTPClientSettings {
        let document = try ConfigDocument(parsing: text, file: "f.yml")
        return try HTTPClientReader(folder: "/etc/perch/", ownHeaders: ownHeaders).settings(in: document.root)
    }

    @Test func `settings are read, and paths start at the folder`() throws {
        let settings = try read(
            """
            authorization: {type: Token, credentials_file: token}
            tls_config: {ca_file: ca.pem, min_version: TLS12}
            http_headers: {X-A: {values: [a], files: [b]}}
            follow_redirects: false
            enable_http2: false
            proxy_url: 'socks5://p.test:1080'
            no_proxy: near.test
            """)
        #expect(
            settings
                == HTTPClientSettings(
                    authorization: .credentials(type: "Token", .file(path: "/etc/perch/token")),
                    tls: HTTPTLSSettings(certificateAuthority: .file(path: "/etc/perch/ca.pem"), minimumVersion: .tls12),
                    headers: [HTTPHeaderSetting(name: "X-A", values: [.literal("a"), .file(path: "/etc/perch/b")])], followRedirects: false,
                    allowsHTTP2: false,
                    proxy: HTTPProxy(.url(.literal("socks5://p.test:1080")), exceptions: ProxyExceptions("near.test"))))
        #expect(try read("{}") == HTTPClientSettings())
    }

    @Test func `a header is refused where the client sets it itself`() throws {
        #expect(throws: ConfigError.self) { try read("http_headers: {Accept: {values: [a/b]}}") }
        #expect(try read("http_headers: {Accept: {values: [a/b]}}", ownHeaders: []).headers.count == 1)
        #expect(throws: ConfigError.self) { try read("http_headers: {Authorization: {values: [a]}}", ownHeaders: []) }
    }

    @Test(arguments: [
        "unknown: a", "proxy_url: 'http://p.test:port'", "proxy_url: 'http://p.test:99999'", "proxy_url: 'http://u:p@'",
        "proxy_url: 'https://p.test'", "proxy_url: 'http://a b'", "proxy_url: 'http://1::2'",
    ])
    func `what cannot be meant is refused`(text: String) {
        #expect(throws: ConfigError.self) { try read(text) }
    }

    @Test func `a proxy's address has its parts, whatever its password holds`() throws {
        let address = try #require(ProxyAddress("HTTP://me:p%40@s:s@[::1]:3128/path"))
        #expect(address.scheme == "http" && address.host == "::1" && address.port == 3128)
        #expect(address.user == "me" && address.password == "p@@s:s")
        let plain = try #require(ProxyAddress("socks5://p.test"))
        #expect(plain.port == nil && plain.user == nil && plain.host == "p.test")
        #expect(ProxyAddress("p.test:80") == nil)
    }

    @Test func `the environment names a proxy for each scheme`() throws {
        let environment = ["http_proxy": "p.test:3128", "HTTPS_PROXY": "http://s.test", "NO_PROXY": "no.test"]
        let proxy = HTTPProxy(.environment)
        let plain = try proxy.choice(scheme: "http", host: "x.test", port: 80, environment: environment)
        let encrypted = try proxy.choice(scheme: "https", host: "x.test", port: 443, environment: environment)
        #expect(plain != nil && encrypted != nil && plain != encrypted)
        #expect(try proxy.choice(scheme: "https", host: "no.test", port: 443, environment: environment) == nil)
        #expect(try proxy.choice(scheme: "http", host: "x.test", port: 80, environment: [:]) == nil)
    }
}
