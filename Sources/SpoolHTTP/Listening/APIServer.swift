internal import Glibc
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import LinuxSystem
public import Logging
internal import NIOCore
internal import NIOPosix
public import ProjectPython
public import ServiceLifecycle
public import SpoolModel
public import SpoolStore
internal import TimeZones

/// The HTTP side as a service: listens at every interface until the group shuts down.
public final class APIServer: Service {
    private let api: API
    private let logger: Logger
    private let onListening: @Sendable () -> Void

    /// The time that clients have for the rest of their answers once the server stops.
    private static let farewell = TimeAmount.seconds(5)
    private let connections = OpenConnections()

    /// A server for a spool.
    ///
    /// - Parameters:
    ///   - engineAnswers: whether the engine answers in time; nil if this process has none.
    ///   - onListening: called once, when all interfaces accept connections.
    public init(
        spool: Spool, settings: APISettings, environments: EnvironmentBuilder, counters: JobCounters, logger: Logger,
        engineAnswers: (@Sendable () async -> Bool)? = nil,
        onListening: @escaping @Sendable () -> Void = {}
    ) throws {
        let zone = settings.timeZones.local
        let threads = NIOThreadPool(numberOfThreads: 16)
        let live = Locked(settings)
        let isShared: @Sendable () -> Bool = { live.value.isShared }
        let source = IndexSource(
            spool: spool, zone: zone, isShared: isShared, observer: try TreeObserver(isShared: isShared)
        ) { work in
            threads.submit { work($0 == .active) }
        }
        let tree = TreeView(source)
        let gauge = DiskSpaceCache(spool: spool, live: live)
        let feed = EventFeed(of: tree, live: live, gauge: gauge, threads: threads)
        let memory = MemoryRelease(on: threads)
        api = API(
            spool: spool, live: live, counters: counters, tree: tree,
            finished: FinishedIndex(source) {
                // Nothing of a copy's is written before it is released.
                gauge.lookAtHold()?.isHeld == false
            } onMore: {
                feed.reload()
            },
            history: HistoryIndex(spool: spool, zone: zone, logger: logger),
            recent: JobTextCache(source), gauge: gauge, feed: feed,
            feeds: LogFeeds(of: spool, observer: source.observer, threads: threads, memory: memory), memory: memory,
            cookie: SessionCookie(spool: spool.path), logins: LoginLog(logger), started: .now, logger: logger,
            threads: threads, environments: environments, engineAnswers: engineAnswers)
        self.logger = logger
        self.onListening = onListening
    }

    /// Applies other settings. The interfaces do not change, nor whether there is a certificate.
    public func reload(_ settings: APISettings) {
        api.live.value = settings
        settings.certificate?.remind(at: .now)
    }

    /// Serves until shutdown. Throws if it cannot listen at an interface.
    public func run() async throws {
        let (interfaces, others) = (api.settings.interfaces, api.settings.clients.interfaces)
        let places = try await SocketPlaces(of: interfaces + others)
        api.threads.start()
        api.pushes.start()
        api.searches.start()
        api.archives.start()
        try startThread(named: "observer") { [observer = api.observer] in observer.run() }
        let listening = CountdownLatch(interfaces.count + others.count) { [onListening] in
            places.release()
            onListening()
        }
        defer { api.observer.stop() }
        // Ends after the interfaces have closed, or when one of them cannot be opened.
        async let feeding: Void = api.feed.run()
        // Ends with this function.
        async let _ = remind()
        async let _ = linkLogs()
        try await withGracefulShutdownHandler {
            try await withThrowingTaskGroup(of: Void.self) { group in
                let all = interfaces.map { ($0, false) } + others.map { ($0, true) }
                for (interface, isOfScrapyd) in all {
                    let server = try server(at: interface, isOfScrapyd: isOfScrapyd, listening: listening)
                    group.addTask { try await APIServer.run(server, at: interface) }
                }
                try await group.waitForAll()
            }
        } onGracefulShutdown: {
            self.api.observer.stop()
            self.api.feed.stop()
            self.api.pushes.refuse()
            self.api.searches.refuse()
            self.api.finished.stop()
            self.api.environments.stop()
            MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: APIServer.farewell) {
                self.connections.close()
            }
        }
        api.feed.stop()
        await feeding
        try await api.pushes.stop()
        try await api.searches.stop()
        try await api.archives.stop()
        try await api.threads.shutdownGracefully()
    }

    /// Logs recurring warnings, at the start and each minute: that the certificate expires, that Scrapy cannot run,
    /// and the number of refused logins.
    private func remind() async {
        repeat {
            api.settings.certificate?.remind(at: .now)
            await api.lookAtScrapy()
            api.logins.tell()
        } while await Task.pause(for: .seconds(60))
        api.logins.tell()
    }

    /// Links the logs of jobs that ended before there was an interface for clients of scrapyd.
    private func linkLogs() async {
        guard !api.settings.clients.interfaces.isEmpty else { return }
        let site = ScrapydSite(api: api)
        // A failure is that of the first list as well, which does the rest.
        _ = try? await site.readRecords(of: site.clientJobs())
    }

    private static func run(_ server: any Service, at interface: Interface) async throws {
        do {
            try await server.run()
        } catch let error as IOError {
            throw ListeningError(interface: interface, code: error.errnoCode)
        }
    }

    private func server(
        at interface: Interface, isOfScrapyd: Bool, listening: CountdownLatch
    ) throws -> any Service {
        let certificate = interface.isSocket || isOfScrapyd ? nil : api.settings.certificate
        let plain = HTTP1Channel(
            responder: { [api] request, writer, channel in
                let peer = Peer(channel, isEncrypted: certificate != nil)
                    .behind(api.settings.trustedProxies, request.headers)
                try await RequestHandler(
                    api: api, request: request, peer: peer, channel: channel, isOfScrapyd: isOfScrapyd
                ).run(writer)
            },
            configuration: .init(
                idleTimeout: .seconds(Int64(api.settings.clientTimeout)),
                // A path of 4,096 bytes has up to 12,288 as list-files.json shows it, and 20,480 in a request.
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: 24 << 10, maxHeaderListSize: 64 << 10, maxHeaderFieldCount: 200)))
        let client = ClientChannel(
            base: plain, certificate: certificate, threads: api.threads, connections: connections
        ) {
            [api] channel, rules, need in
            let peer = Peer(channel, isEncrypted: certificate != nil)
            return FastPathHandler(rules, need: need) {
                isOfScrapyd ? nil : api.fastAnswer(to: $0, from: peer)
            } follower: {
                isOfScrapyd ? nil : api.fastFollower(of: $0, from: peer, on: channel)
            }
        }
        return client.server(
            configuration: ServerConfiguration(
                address: interface.bindAddress, backlog: 1024,
                availableConnectionsDelegate: MaximumAvailableConnections(api.settings.connectionLimit)),
            onServerRunning: { [logger] channel in
                let address = interface.at(port: channel.localAddress?.port)
                // As scrapyd's: for the owner and the group of the directory.
                if isOfScrapyd, case .unix(let path) = interface { _ = chmod(path, 0o660) }
                let start = isOfScrapyd ? "Listening for clients of scrapyd at" : "Listening at"
                logger.notice("\(start) \(address)", metadata: certificate.map { _ in ["scheme": "https"] })
                listening.count()
            }, eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: quiet)
    }

    /// The framework's own log, without the messages that this server logs itself.
    private var quiet: Logger {
        var quiet = logger
        quiet.logLevel = max(.warning, logger.logLevel)
        return quiet
    }
}

extension Interface {
    fileprivate var isSocket: Bool {
        if case .unix = self { true } else { false }
    }

    fileprivate var bindAddress: BindAddress {
        switch self {
        case .tcp(let host, let port): .hostname(host, port: port)
        case .unix(let path): .unixDomainSocket(path: path)
        }
    }

    /// The address with the port that the system has assigned.
    fileprivate func at(port: Int?) -> String {
        if case .tcp(let host, 0) = self, let port { return Interface.tcp(host: host, port: port).description }
        return description
    }
}
