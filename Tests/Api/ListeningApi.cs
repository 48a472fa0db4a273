using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Wyckoff.Api;

namespace Wyckoff.Tests.Api;

/// <summary>
/// The API with a real HTTP server on a free port, for tests of limits, protocols and broken connections. A test can add endpoints.
/// </summary>
internal sealed class ListeningApi : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ScopedLogCollector _log;

    private ListeningApi(WebApplication app, ScopedLogCollector log)
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

    /// <summary>The log entries so far, with the values of their scopes.</summary>
    public IReadOnlyList<string> Logged => [.. _log.Lines];

    public static async Task<ListeningApi> StartAsync(
        string database,
        Dictionary<string, string>? settings = null,
        Action<IEndpointRouteBuilder>? endpoints = null,
        Action<WebApplicationBuilder>? configure = null
    )
    {
        var all = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ConnectionStrings:wyckoff"] = database,
            ["ConnectionStrings:cache"] = "",
            ["urls"] = "http://127.0.0.1:0",
            ["Wyckoff:Api:RateLimit:Enabled"] = "false",
            ["Wyckoff:Access"] = "local",
        };
        foreach (var (key, value) in settings ?? [])
        {
            all[key] = value;
        }

        var log = new ScopedLogCollector();
        var app = ApiHost.Create(
            [.. all.Select(setting => $"--{setting.Key}={setting.Value}")],
            builder =>
            {
                builder.Logging.ClearProviders().AddProvider(log);
                configure?.Invoke(builder);
            }
        );
        endpoints?.Invoke(app.MapGroup("").AllowAnonymous());
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new(app, log);
    }

    /// <summary>Sends raw bytes in Latin-1, and returns everything that the server sends until it closes the connection.</summary>
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
            using var timeout = new CancellationTokenSource(Eventually.Bound);
            try
            {
                var read = await stream.ReadAsync(buffer, timeout.Token);
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

    private sealed class ScopedLogCollector : ScopedLoggerProvider
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        protected override void Write<TState>(in LogEntry<TState> entry)
        {
            var line = new StringBuilder(
                $"{entry.LogLevel} {entry.Category} {entry.EventId.Id}: {entry.Formatter(entry.State, entry.Exception)}"
            );
            Scopes?.ForEachScope(
                (scope, text) =>
                {
                    foreach (var (key, value) in scope as IEnumerable<KeyValuePair<string, object?>> ?? [])
                    {
                        text.Append(' ').Append(key).Append('=').Append(value);
                    }
                },
                line
            );
            Lines.Enqueue(line.Append(entry.Exception is null ? "" : "\n" + entry.Exception).ToString());
        }
    }
}
