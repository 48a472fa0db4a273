using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using Wyckoff.Api;

namespace Wyckoff.Tests.Api;

/// <summary>The API on a port of its own, as clients meet it: with what only a real server does (limits, broken connections, protocols). Endpoints of a test's own may be added.</summary>
internal sealed class ListeningApi : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly LogCollector _log;

    private ListeningApi(WebApplication app, LogCollector log)
    {
        (_app, _log) = (app, log);
        Address = new(app.Urls.First());
        Client = new(
            new SocketsHttpHandler
            {
                RequestHeaderEncodingSelector = (_, _) => Encoding.Latin1,
                Expect100ContinueTimeout = TimeSpan.FromSeconds(10),
                SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true },
            }
        )
        {
            BaseAddress = Address,
        };
    }

    public Uri Address { get; }

    public HttpClient Client { get; }

    public IServiceProvider Services => _app.Services;

    /// <summary>What was logged so far, with the scopes of each line.</summary>
    public IReadOnlyList<string> Logged => [.. _log.Lines];

    public static async Task<ListeningApi> StartAsync(
        string database,
        Dictionary<string, string>? settings = null,
        Action<WebApplication>? endpoints = null,
        Action<WebApplicationBuilder>? configure = null
    )
    {
        var all = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ConnectionStrings:wyckoff"] = database,
            ["ConnectionStrings:cache"] = "",
            ["urls"] = "http://127.0.0.1:0",
            ["Wyckoff:Api:RateLimit:Enabled"] = "false",
        };
        foreach (var (key, value) in settings ?? [])
        {
            all[key] = value;
        }

        var log = new LogCollector();
        var app = ApiHost.Create(
            [.. all.Select(setting => $"--{setting.Key}={setting.Value}")],
            builder =>
            {
                builder.Logging.ClearProviders().AddProvider(log);
                configure?.Invoke(builder);
            }
        );
        endpoints?.Invoke(app);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new(app, log);
    }

    /// <summary>Sends bytes as they are, and gives back all that comes until the server closes.</summary>
    public async Task<string> RawAsync(string request)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(Address.Host, Address.Port, TestContext.Current.CancellationToken);
        var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request), TestContext.Current.CancellationToken);
        var answer = new StringBuilder();
        var buffer = new byte[16 << 10];
        while (true)
        {
            using var patience = new CancellationTokenSource(Eventually.Bound);
            try
            {
                var read = await stream.ReadAsync(buffer, patience.Token);
                if (read == 0)
                {
                    return answer.ToString();
                }

                answer.Append(Encoding.Latin1.GetString(buffer, 0, read));
            }
            catch (IOException)
            {
                return answer.ToString();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
    }

    private sealed class LogCollector : ILoggerProvider, ISupportExternalScope
    {
        private IExternalScopeProvider? _scopes;

        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => new Collector(this, categoryName);

        public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

        public void Dispose() { }

        private sealed class Collector(LogCollector log, string category) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => log._scopes?.Push(state);

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(
                LogLevel logLevel,
                EventId eventId,
                TState state,
                Exception? exception,
                Func<TState, Exception?, string> formatter
            )
            {
                var line = new StringBuilder($"{logLevel} {category} {eventId.Id}: {formatter(state, exception)}");
                log._scopes?.ForEachScope(
                    (scope, text) =>
                    {
                        foreach (var (key, value) in scope as IEnumerable<KeyValuePair<string, object?>> ?? [])
                        {
                            text.Append(' ').Append(key).Append('=').Append(value);
                        }
                    },
                    line
                );
                log.Lines.Enqueue(line.Append(exception is null ? "" : "\n" + exception).ToString());
            }
        }
    }
}
