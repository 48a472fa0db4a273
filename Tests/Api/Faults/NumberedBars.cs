using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using Npgsql;
using Wyckoff.Bars;
using Wyckoff.Bars.Writing;
using Wyckoff.Primitives;
using Wyckoff.Redis;
using Wyckoff.Tickers;

namespace Wyckoff.Tests.Api.Faults;

/// <summary>
/// Writes 1m bars of one symbol and keeps a model of every version. Each write has a number that its bars contain, and the model of
/// a version is stored before its write begins, so that any response can be checked against it.
/// </summary>
internal sealed class NumberedBars : IAsyncDisposable
{
    private const int FirstBars = 600;
    private readonly NpgsqlDataSource _source;
    private readonly BarWriter _writer;
    private readonly Random _random;
    private readonly DateTimeOffset _start;

    /// <summary>For each version, the number of the write that each bar comes from.</summary>
    private readonly ConcurrentDictionary<long, ImmutableList<int>> _states = new();

    /// <summary>The acknowledged versions with their timestamps, in order.</summary>
    private readonly List<(long At, long Version)> _acknowledgements = [];

    private readonly CancellationTokenSource _stop = new();
    private Task _writing = Task.CompletedTask;
    private int _ticker;
    private int _number;
    private long _acknowledged;
    private long _version;

    /// <param name="connection">The connection string of the role that the services use.</param>
    /// <param name="symbol">A symbol that nobody else writes.</param>
    /// <param name="seed">The seed of the random writes.</param>
    /// <param name="redis">Where changes are announced, or null to announce none.</param>
    public NumberedBars(string connection, string symbol, int seed, RedisConnection? redis)
    {
        // A plain data source does not retry: WriteAsync itself finds out whether a write without an acknowledgement was committed.
        (_source, Symbol, _random) = (NpgsqlDataSource.Create(connection), symbol, new Random(seed));
        _writer = new(_source, new(_source), redis);
        var now = TimeProvider.System.GetUtcNow();
        // Thirty days have room for 43,200 bars, more than a test appends.
        _start = new DateTimeOffset(now.Year, now.Month, now.Day, 0, 0, 0, TimeSpan.Zero).AddDays(-30);
    }

    public string Symbol { get; }

    /// <summary>The newest version whose write was acknowledged.</summary>
    public long Acknowledged => Volatile.Read(ref _acknowledged);

    /// <summary>Returns the newest version whose write was acknowledged by a timestamp.</summary>
    public long AcknowledgedBy(long timestamp)
    {
        lock (_acknowledgements)
        {
            var later = _acknowledgements.Count;
            while (later > 0 && _acknowledgements[later - 1].At > timestamp)
            {
                later--;
            }

            return later == 0 ? 0 : _acknowledgements[later - 1].Version;
        }
    }

    public int Count => _states[Acknowledged].Count;

    public DateTimeOffset TimeOf(int bar) => _start.AddMinutes(bar);

    public async Task WriteFirstBarsAsync(CancellationToken cancellationToken)
    {
        _ticker = (
            await new TickerDirectory(_source).GetOrAddAsync(Wyckoff.Primitives.Symbol.Parse(Symbol), cancellationToken, "UTC", "crypto")
        ).Id;
        await WriteAsync(0, FirstBars, cancellationToken);
    }

    /// <summary>Starts to write in the background, with a pause of this average length between writes.</summary>
    public void StartWriting(TimeSpan pause)
    {
        _writing = RunAsync();

        async Task RunAsync()
        {
            while (!_stop.IsCancellationRequested)
            {
                await WriteOnceAsync();
                await Task.Delay(pause * (2 * _random.NextDouble()), CancellationToken.None);
            }
        }
    }

    /// <summary>Ends the writes in the background. Fails if one of them failed.</summary>
    public async Task StopWritingAsync()
    {
        await _stop.CancelAsync();
        await _writing;
    }

    /// <summary>Appends up to three bars, corrects up to twenty older bars, or corrects one of the newest 30 bars.</summary>
    public Task WriteOnceAsync()
    {
        var total = _states[_version].Count;
        var (first, count) = _random.Next(4) switch
        {
            0 => (total, 1 + _random.Next(3)),
            1 => (_random.Next(total - 20), 1 + _random.Next(20)),
            _ => (total - 1 - _random.Next(30), 1),
        };
        return WriteAsync(first, count, CancellationToken.None);
    }

    /// <summary>Describes the first difference between returned bars and the model, or returns null if they are equal.</summary>
    /// <param name="version">The version in the response.</param>
    /// <param name="first">The number of the first requested bar, or -1 for the newest <paramref name="limit"/> bars.</param>
    /// <param name="limit">The requested number of bars.</param>
    /// <param name="bars">The bars in the response.</param>
    public string? Mismatch(long version, int first, int limit, IReadOnlyList<NumberedBar> bars)
    {
        if (!_states.TryGetValue(version, out var state))
        {
            return $"There is no version {version}.";
        }

        var from = first < 0 ? Math.Max(0, state.Count - limit) : Math.Min(first, state.Count);
        var count = Math.Min(limit, state.Count - from);
        if (bars.Count != count)
        {
            return $"Version {version} has {count} bars there, but {bars.Count} were returned.";
        }

        for (var i = 0; i < count; i++)
        {
            var expected = Bar(from + i, state[from + i]);
            if (bars[i] != expected)
            {
                return $"Bar {i} of version {version} is {expected}, but {bars[i]} was returned.";
            }
        }

        return null;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        // StopWritingAsync reports failures. A test that fails before it has another error to report.
        await _writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _source.DisposeAsync();
        _stop.Dispose();
    }

    private async Task WriteAsync(int first, int count, CancellationToken cancellationToken)
    {
        var number = ++_number;
        var before = _states.GetValueOrDefault(_version, []);
        var after = before.ToBuilder();
        for (var bar = first; bar < first + count; bar++)
        {
            if (bar < after.Count)
            {
                after[bar] = number;
            }
            else
            {
                after.Add(number);
            }
        }

        var version = _version + 1;
        _states[version] = after.ToImmutable();
        var bars = Enumerable.Range(first, after.Count - first).Take(count).Select(bar => Incoming(bar, number)).ToArray();
        try
        {
            var result = await _writer.WriteAsync(
                [new(_ticker, Timeframe.Minute1, bars)],
                new()
                {
                    Source = "test",
                    Policy = ConflictPolicy.Replace,
                    RollUp = false,
                },
                cancellationToken
            );
            Assert.Equal(version, Assert.Single(result.Changes).Version);
        }
        catch (Exception e) when (e is NpgsqlException or IOException or TimeoutException && version > 1)
        {
            if (await StoredVersionAsync() != version)
            {
                return; // The write was rolled back, so no reader can have seen this version.
            }
        }

        _version = version;
        Volatile.Write(ref _acknowledged, version);
        lock (_acknowledgements)
        {
            _acknowledgements.Add((Stopwatch.GetTimestamp(), version));
        }
    }

    /// <summary>Reads the version in the database. A commit may have succeeded even though its connection broke.</summary>
    private async Task<long> StoredVersionAsync()
    {
        string? error = null;
        var version = await Eventually.GetAsync(
            async () =>
            {
                try
                {
                    await using var command = _source.CreateCommand(
                        "SELECT version FROM market.bar_windows WHERE ticker_id = $1 AND timeframe = '1m'"
                    );
                    command.Parameters.Add(new() { Value = _ticker });
                    return (long?)await command.ExecuteScalarAsync(CancellationToken.None);
                }
                catch (NpgsqlException e)
                {
                    _source.Clear();
                    error = e.Message;
                    return null;
                }
            },
            version => version is not null,
            _ => error ?? "no row"
        );
        return version!.Value;
    }

    private IncomingBar Incoming(int bar, int number)
    {
        var values = Bar(bar, number);
        Assert.Null(
            IncomingBar.TryCreate(
                values.Time,
                values.Open,
                values.High,
                values.Low,
                values.Close,
                values.Volume,
                null,
                null,
                out var incoming
            )
        );
        return incoming;
    }

    private NumberedBar Bar(int bar, int number)
    {
        var price = 100 + (number % 7919) / 8m + bar % 10;
        return new(TimeOf(bar), price, price + 0.5m, price - 0.25m, price + 0.125m, number);
    }
}

internal readonly record struct NumberedBar(DateTimeOffset Time, decimal Open, decimal High, decimal Low, decimal Close, decimal Volume);
