internal import CivilCalendar
internal import Foundation
internal import NIOHTTP1

/// Who signs requests to AWS, and for which region.
struct AmazonIdentity: Sendable, Hashable {
    var keys: AmazonKeys
    var region: String
}

/// Finds keys where the tools of AWS find them, in the same order: settings, environment, profile, container, machine; and takes roles on.
struct AmazonKeyChain: Sendable {
    let settings: AmazonSettings
    let servers: CredentialServers

    /// How often files are looked at that keys without an end stand in.
    private static let fileSeconds = 60.0
    /// Profiles that refer to each other.
    private static let profilesMax = 8

    /// - Throws: ``OutboundFailure`` where there are no keys, or no region.
    func lease() async throws -> RenewedSecret<AmazonIdentity>.Lease {
        let profiles = AmazonProfiles(servers)
        let region = try region(profiles)
        var keys = try await firstKeys(profiles, region: region)
        if let role = settings.role {
            keys = try await AmazonRoles(servers: servers, region: region, usesFIPS: settings.usesFIPS)
                .keys(of: role, for: keys, session: nil, externalID: settings.externalID)
        }
        let identity = AmazonIdentity(keys: keys, region: region)
        if let endsAt = keys.endsAt {
            let seconds = endsAt - Date().timeIntervalSince1970
            return .init(identity, seconds: seconds, margin: .seconds(min(300, max(0, seconds) / 3)))
        }
        if settings.keys != nil { return .init(identity, seconds: nil, margin: .zero) }
        return .init(identity, seconds: 3600, margin: .seconds(3600 - AmazonKeyChain.fileSeconds))
    }

    private var profileName: String { settings.profile ?? servers.variable(anyOf: "AWS_PROFILE", "AWS_DEFAULT_PROFILE") ?? "default" }

    private func region(_ profiles: AmazonProfiles) throws(OutboundFailure) -> String {
        let region = settings.region ?? servers.variable(anyOf: "AWS_REGION", "AWS_DEFAULT_REGION") ?? profiles[profileName]?["region"]
        guard let region, !region.isEmpty else {
            throw OutboundFailure(.credentials, "no region for sigv4: neither in its settings, nor in the environment, nor in the profile")
        }
        guard region.utf8.allSatisfy({ $0.isRegionByte }) else {
            throw OutboundFailure(.credentials, "the region of sigv4 is no name of one")
        }
        return region
    }

    private func firstKeys(_ profiles: AmazonProfiles, region: String) async throws -> AmazonKeys {
        if let keys = settings.keys { return AmazonKeys(accessKey: keys.accessKey, secretKey: try keys.secretKey.read()) }
        let roles = AmazonRoles(servers: servers, region: region, usesFIPS: settings.usesFIPS)
        // A profile that the settings name counts before the environment.
        if settings.profile == nil {
            if let keys = environmentKeys { return keys }
            if let file = servers.variable("AWS_WEB_IDENTITY_TOKEN_FILE") {
                guard let role = servers.variable("AWS_ROLE_ARN") else {
                    throw OutboundFailure(.credentials, "AWS_WEB_IDENTITY_TOKEN_FILE is set, and AWS_ROLE_ARN is not")
                }
                return try await roles.keys(
                    of: role, tokenFile: file, session: servers.variable("AWS_ROLE_SESSION_NAME"))
            }
        }
        if settings.profile != nil, profiles[profileName] == nil {
            throw OutboundFailure(.credentials, "there is no profile \"\(profileName)\" in the files of AWS' tools")
        }
        return try await keys(ofProfile: profileName, profiles, roles, depth: 0)
    }

    private var environmentKeys: AmazonKeys? {
        guard let accessKey = servers.variable(anyOf: "AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY"),
            let secretKey = servers.variable(anyOf: "AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY")
        else { return nil }
        return AmazonKeys(accessKey: accessKey, secretKey: secretKey, sessionToken: servers.variable("AWS_SESSION_TOKEN"))
    }

    private func keys(
        ofProfile name: String, _ profiles: AmazonProfiles, _ roles: AmazonRoles, depth: Int
    ) async throws -> AmazonKeys {
        guard depth < AmazonKeyChain.profilesMax else {
            throw OutboundFailure(.credentials, "profiles of AWS refer to each other in a circle, among them \"\(name)\"")
        }
        let profile = profiles[name] ?? [:]
        func value(_ key: String) -> String? { profile[key].flatMap { $0.isEmpty ? nil : $0 } }
        let ownKeys = AmazonKeyChain.keys(in: profile)
        let role = value("role_arn")
        let base: AmazonKeys
        if role != nil, let source = value("source_profile") {
            if source == name {
                guard let ownKeys else { throw OutboundFailure(.credentials, "the profile \"\(name)\" is its own source and has no keys") }
                base = ownKeys
            } else {
                guard profiles[source] != nil else {
                    throw OutboundFailure(.credentials, "the profile \"\(name)\" has a source_profile that there is not")
                }
                base = try await keys(ofProfile: source, profiles, roles, depth: depth + 1)
            }
        } else if let ownKeys {
            base = ownKeys
        } else if role != nil, let source = value("credential_source") {
            base = try await keys(ofSource: source)
        } else if let file = value("web_identity_token_file"), let role {
            return try await roles.keys(of: role, tokenFile: file, session: value("role_session_name"))
        } else if value("credential_process") != nil || value("sso_session") != nil || value("sso_start_url") != nil {
            throw OutboundFailure(
                .credentials, "the profile \"\(name)\" takes its keys from a program or from SSO, neither of which is supported")
        } else {
            base = try await surroundingKeys()
        }
        guard let role else { return base }
        return try await roles.keys(
            of: role, for: base, session: value("role_session_name"), externalID: value("external_id"),
            seconds: value("duration_seconds").flatMap { Int($0) })
    }

    private static func keys(in profile: [String: String]) -> AmazonKeys? {
        guard let accessKey = profile["aws_access_key_id"], let secretKey = profile["aws_secret_access_key"],
            !accessKey.isEmpty, !secretKey.isEmpty
        else { return nil }
        return AmazonKeys(
            accessKey: accessKey, secretKey: secretKey, sessionToken: profile["aws_session_token"].flatMap { $0.isEmpty ? nil : $0 })
    }

    private func keys(ofSource source: String) async throws -> AmazonKeys {
        switch source {
        case "Environment":
            guard let keys = environmentKeys else {
                throw OutboundFailure(.credentials, "a profile takes its keys from the environment, which has none")
            }
            return keys
        case "Ec2InstanceMetadata": return try await AmazonMetadata(servers: servers).machineKeys()
        case "EcsContainer":
            guard let keys = try await AmazonMetadata(servers: servers).containerKeys() else {
                throw OutboundFailure(.credentials, "a profile takes its keys from the container, and this process runs in none")
            }
            return keys
        default: throw OutboundFailure(.credentials, "a profile has a credential_source that there is not")
        }
    }

    private func surroundingKeys() async throws -> AmazonKeys {
        let metadata = AmazonMetadata(servers: servers)
        if let keys = try await metadata.containerKeys() { return keys }
        do {
            return try await metadata.machineKeys()
        } catch let failure as OutboundFailure {
            throw OutboundFailure(
                .credentials,
                "no keys for AWS: not in the settings, the environment or the profile \"\(profileName)\", and from the machine: \(failure)")
        }
    }
}

extension UInt8 {
    /// Whether the name of a region may hold the byte; it becomes part of an address.
    fileprivate var isRegionByte: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
