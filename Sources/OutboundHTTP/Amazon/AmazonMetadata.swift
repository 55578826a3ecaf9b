internal import CivilCalendar
internal import Foundation
internal import NIOHTTP1

/// The keys that a machine of AWS, or a container on it, has for what runs there.
struct AmazonMetadata: Sendable {
    let servers: CredentialServers

    private struct Reply: Decodable {
        var AccessKeyId: String?
        var SecretAccessKey: String?
        var Token: String?
        var Expiration: String?
        var Code: String?
        var Message: String?
        var message: String?
    }

    /// Those of the container; nil where the environment names no server for them.
    func containerKeys() async throws -> AmazonKeys? {
        let url: String
        if let path = servers.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
            url = "http://169.254.170.2" + path
        } else if let full = servers.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI") {
            guard AmazonMetadata.isTrusted(full) else {
                throw OutboundFailure(
                    .credentials,
                    "AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https:// nor an address of this machine or its container agent")
            }
            url = full
        } else {
            return nil
        }
        var request = OutboundRequest(.GET, url, headers: ["accept": "application/json"])
        if let file = servers.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
            request.headers.add(name: "authorization", value: try servers.text(ofFile: file))
        } else if let token = servers.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN") {
            request.headers.add(name: "authorization", value: token)
        }
        return try AmazonMetadata.keys(in: try await servers.sendNear(request), from: "the agent of the container")
    }

    /// Those of the machine's role, by the second version of the metadata service.
    func machineKeys() async throws -> AmazonKeys {
        if servers.variable("AWS_EC2_METADATA_DISABLED")?.lowercased() == "true" {
            throw OutboundFailure(.credentials, "the metadata of the machine is switched off by AWS_EC2_METADATA_DISABLED")
        }
        let isIPv6 = servers.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE")?.lowercased() == "ipv6"
        var server = servers.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT") ?? (isIPv6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254")
        while server.hasSuffix("/") { server.removeLast() }
        let token = try await answer(
            OutboundRequest(.PUT, server + "/latest/api/token", headers: ["x-aws-ec2-metadata-token-ttl-seconds": "21600"]))
        let headers: HTTPHeaders = ["x-aws-ec2-metadata-token": token]
        let folder = server + "/latest/meta-data/iam/security-credentials/"
        let names = try await answer(OutboundRequest(.GET, folder, headers: headers))
        guard let name = names.split(whereSeparator: \.isNewline).first else {
            throw OutboundFailure(.credentials, "the machine has no role")
        }
        let reply = try await servers.sendNear(OutboundRequest(.GET, folder + FormEncoding.text(String(name)), headers: headers))
        return try AmazonMetadata.keys(in: reply, from: "the metadata of the machine")
    }

    private func answer(_ request: OutboundRequest) async throws -> String {
        let response = try await servers.sendNear(request)
        guard response.status == 200 else {
            throw OutboundFailure(.credentials, "its metadata answers with HTTP status \(response.status)")
        }
        let text = String(decoding: response.body, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || $0 == 0x0a }) else {
            throw OutboundFailure(.credentials, "its metadata answers with something else than text")
        }
        return text
    }

    private static func keys(in response: OutboundResponse, from server: String) throws(OutboundFailure) -> AmazonKeys {
        let reply = try? JSONDecoder().decode(Reply.self, from: Data(response.body))
        guard response.status == 200, reply?.Code ?? "Success" == "Success" else {
            let reason = [reply?.Code, reply?.Message ?? reply?.message].compactMap { $0 }.joined(separator: ", ")
            throw OutboundFailure(
                .credentials,
                "\(server) answers with HTTP status \(response.status)"
                    + (reason.isEmpty ? "" : ": " + TokenReply.oneLine(reason, max: 200)))
        }
        guard let reply, let accessKey = reply.AccessKeyId, let secretKey = reply.SecretAccessKey, !accessKey.isEmpty, !secretKey.isEmpty
        else { throw OutboundFailure(.credentials, "\(server) sends no keys") }
        return AmazonKeys(
            accessKey: accessKey, secretKey: secretKey, sessionToken: reply.Token,
            endsAt: reply.Expiration.flatMap { RFC3339.parse($0) }.map { Double($0.secondsSince1970) })
    }

    /// Whether keys may be asked for there: by TLS, or at this machine or at the agents of containers.
    static func isTrusted(_ url: String) -> Bool {
        guard let parts = URLComponents(string: url), let scheme = parts.scheme?.lowercased(), let host = parts.host else { return false }
        if scheme == "https" { return true }
        let agents: Set<String> = ["localhost", "169.254.170.2", "169.254.170.23", "fd00:ec2::23", "::1"]
        let name = host.lowercased().replacing("[", with: "").replacing("]", with: "")
        return scheme == "http" && (agents.contains(name) || isLoopback(name))
    }

    private static func isLoopback(_ name: String) -> Bool {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
