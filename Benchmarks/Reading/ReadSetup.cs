using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Wyckoff.Bars;
using Wyckoff.Bars.Writing;
using Wyckoff.Benchmarks.Load;
using Wyckoff.LocalServers;
using Wyckoff.Primitives;
using Wyckoff.Redis;
using Wyckoff.Tickers;

namespace Wyckoff.Benchmarks.Reading;

/// <summary>
/// The servers of the read benchmarks: Redis, and PostgreSQL with two databases, of which the large one has ten times the years and ten
/// times the symbols. The benchmarks start APIs on them.
/// </summary>
internal sealed class ReadSetup : IAsyncDisposable
{
    public const string Large = "wyckoff_large";
    public const int Years = 2;
    public const int LongMinutes = 1_000_000;

    /// <summary>The symbol with a million minutes of a market that never closes: two years in 695 chunks.</summary>
    public const string LongSymbol = "LONG";

    private readonly LocalRedis _redis;
    private readonly NpgsqlDataSource _source;
    private readonly RedisConnection _connection;
    private int _price = 10_000;

    private ReadSetup(BenchmarkServer server, LocalRedis redis, DateTimeOffset now)
    {
        (Server, _redis) = (server, redis);
        LastDay = DateOnly.FromDateTime(now.UtcDateTime).AddDays(-1);
        LastMinute = new(now.Ticks - now.Ticks % TimeSpan.TicksPerMinute, TimeSpan.Zero);
        _source = NpgsqlDataSource.Create(server.AppConnection);
        Tickers = new(_source);
        _connection = new(
            new ConfigurationBuilder()
                .AddInMemoryCollection([new($"ConnectionStrings:{WyckoffHostExtensions.CacheConnection}", redis.ConnectionString)])
                .Build(),
            NullLogger<RedisConnection>.Instance
        );
        Writer = new(_source, Tickers, _connection);
    }

    public BenchmarkServer Server { get; }

    public DateOnly LastDay { get; }

    public DateTimeOffset LastMinute { get; }

    /// <summary>The tickers of the small database.</summary>
    public TickerDirectory Tickers { get; }

    /// <summary>Writes bars to the small database and announces the changes through Redis.</summary>
    public BarWriter Writer { get; }

    public static async Task<ReadSetup> StartAsync(string folder, CancellationToken cancellationToken)
    {
        var server = await BenchmarkServer.StartAsync(folder, cancellationToken);
        var setup = new ReadSetup(server, await LocalRedis.StartAsync(new(), cancellationToken), TimeProvider.System.GetUtcNow());
        await setup._connection.StartAsync(cancellationToken);
        await server.AddDatabaseAsync(Large, cancellationToken);
        await setup.FillAsync(cancellationToken);
        return setup;
    }

    /// <summary>Starts the API on a database.</summary>
    /// <param name="database">The database.</param>
    /// <param name="inProcess">True if recent bars are cached in the process.</param>
    /// <param name="redis">True if recent bars are cached in Redis; otherwise the API has no Redis.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="settings">Further settings, which replace those of the same name.</param>
    public Task<HostProcess> StartApiAsync(
        string database,
        bool inProcess,
        bool redis,
        CancellationToken cancellationToken,
        params (string Name, string Value)[] settings
    )
    {
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["ConnectionStrings__wyckoff"] = Server.AppConnectionTo(database),
            ["ConnectionStrings__cache"] = redis ? _redis.ConnectionString : null,
            ["Wyckoff__Cache__InProcess"] = inProcess ? "true" : "false",
            ["Wyckoff__Cache__Redis"] = redis ? "true" : "false",
            ["Wyckoff__Api__RateLimit__Enabled"] = "false",
            ["Wyckoff__Access"] = "local",
            ["Logging__LogLevel__Default"] = "Warning",
        };
        foreach (var (name, value) in settings)
        {
            environment[name] = value;
        }

        return HostProcess.StartAsync(Hosts.ApiVerb, environment, cancellationToken);
    }

    /// <summary>
    /// Changes the newest minute of a symbol, as live bars do. The price is different each time, because an unchanged bar gets no new
    /// version.
    /// </summary>
    public Task<BarWriteResult> ChangeNewestMinuteAsync(TickerRef ticker, CancellationToken cancellationToken)
    {
        var price = Interlocked.Increment(ref _price) * (IncomingBar.One / 100);
        return Writer.WriteAsync(
            [
                new(
                    ticker.Id,
                    Timeframe.Minute1,
                    new[]
                    {
                        new IncomingBar(
                            IncomingBar.TimeOf(LastMinute),
                            price,
                            price + 1,
                            price - 1,
                            price,
                            100 * (Int128)IncomingBar.One,
                            1
                        ),
                    }
                ),
            ],
            new()
            {
                Source = "live",
                Policy = ConflictPolicy.Replace,
                RollUp = false,
            },
            cancellationToken
        );
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _source.DisposeAsync();
        await _redis.DisposeAsync();
        await Server.DisposeAsync();
    }

    private async Task FillAsync(CancellationToken cancellationToken)
    {
        await FillAsync(Writer, Tickers, BarData.Symbols, Years, cancellationToken);
        for (var symbol = 0; symbol < BarData.Symbols; symbol++)
        {
            await WriteAsync(
                Writer,
                Tickers,
                BarData.SymbolName(symbol),
                Timeframe.Minute1,
                BarData.Minutes(symbol, LastMinute, 1_000),
                cancellationToken
            );
        }

        await WriteAsync(
            Writer,
            Tickers,
            LongSymbol,
            Timeframe.Minute1,
            BarData.Minutes(BarData.Symbols, LastMinute, LongMinutes),
            cancellationToken
        );
        await using var large = NpgsqlDataSource.Create(Server.AppConnectionTo(Large));
        var tickers = new TickerDirectory(large);
        await FillAsync(new(large, tickers), tickers, BarData.Symbols * 10, Years * 10, cancellationToken);
        await Server.SettleAsync(BenchmarkServer.Main, cancellationToken);
        await Server.SettleAsync(Large, cancellationToken);
    }

    private async Task FillAsync(BarWriter writer, TickerDirectory tickers, int symbols, int years, CancellationToken cancellationToken)
    {
        for (var symbol = 0; symbol < symbols; symbol++)
        {
            await WriteAsync(
                writer,
                tickers,
                BarData.SymbolName(symbol),
                Timeframe.Day1,
                BarData.Days(symbol, LastDay, years),
                cancellationToken
            );
        }
    }

    private static async Task WriteAsync(
        BarWriter writer,
        TickerDirectory tickers,
        string symbol,
        Timeframe timeframe,
        IncomingBar[] bars,
        CancellationToken cancellationToken
    )
    {
        var ticker = await tickers.GetOrAddAsync(Symbol.Parse(symbol), cancellationToken);
        var result = await writer.WriteAsync(
            [new(ticker.Id, timeframe, bars)],
            new() { Source = "import", RollUp = false },
            cancellationToken
        );
        if (result.Inserted != bars.Length)
        {
            throw new InvalidOperationException(
                string.Create(CultureInfo.InvariantCulture, $"Of {bars.Length} bars of {symbol}, {result.Inserted} were written.")
            );
        }
    }
}
