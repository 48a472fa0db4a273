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
/// Minute bars that one writer appends and corrects, and the model that every answer is held against: each write is numbered, its bars say its number, and what the
/// bars are at a version is known from before the write begins.
/// </summary>
internal sealed class NumberedBars : IAsyncDisposable
{
    private const int First = 600;
    private readonly NpgsqlDataSource _source;
    private readonly BarWriter _writer;
    private readonly Random _random;
    private readonly DateTimeOffset _start;

    /// <summary>By version: of each bar, the number of the write it is from.</summary>
    private readonly ConcurrentDictionary<long, ImmutableList<int>> _states = new();

    /// <summary>When which version was acknowledged, in order.</summary>
    private readonly List<(long At, long Version)> _acknowledgements = [];

    private int _ticker;
    private int _number;
    private long _acknowledged;
    private long _version;

    /// <param name="connection">To the database, as the role of the services.</param>
    /// <param name="symbol">A symbol of this writer's own.</param>
    /// <param name="seed">What it will do.</param>
    /// <param name="redis">Where it says what has changed; null: nowhere.</param>
    public NumberedBars(string connection, string symbol, int seed, RedisConnection? redis)
    {
        // What is under way when the server dies has to be found out afterwards, so nothing may be tried again behind our back.
        (_source, Symbol, _random) = (NpgsqlDataSource.Create(connection), symbol, new Random(seed));
        _writer = new(_source, new(_source), redis);
        var now = TimeProvider.System.GetUtcNow();
        // Room for a bar a minute up to now: more than a test will ever append.
        _start = new DateTimeOffset(now.Year, now.Month, now.Day, 0, 0, 0, TimeSpan.Zero).AddDays(-30);
    }

    public string Symbol { get; }

    /// <summary>The newest version whose write has come back.</summary>
    public long Acknowledged => Volatile.Read(ref _acknowledged);

    /// <summary>The newest version whose write had come back by a timestamp.</summary>
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

    public async Task BeginAsync(CancellationToken cancellationToken)
    {
        _ticker = (
            await new TickerDirectory(_source).GetOrAddAsync(Wyckoff.Primitives.Symbol.Parse(Symbol), cancellationToken, "UTC", "crypto")
        ).Id;
        await WriteAsync(0, First, cancellationToken);
    }

    /// <summary>Writes until it is told to stop; where the database is away it waits for it.</summary>
    public async Task RunAsync(TimeSpan pause, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await OnceAsync();
            await Task.Delay(pause * (2 * _random.NextDouble()), CancellationToken.None);
        }
    }

    /// <summary>Appends a bar, or corrects some: mostly new ones, as happens.</summary>
    public Task OnceAsync()
    {
        var there = _states[_version].Count;
        var (first, count) = _random.Next(4) switch
        {
            0 => (there, 1 + _random.Next(3)),
            1 => (_random.Next(there - 20), 1 + _random.Next(20)),
            _ => (there - 1 - _random.Next(30), 1),
        };
        return WriteAsync(first, count, CancellationToken.None);
    }

    /// <summary>What is wrong with the bars that are said to be those of a version; null when nothing is.</summary>
    /// <param name="version">As the answer has it.</param>
    /// <param name="first">The first bar that was asked for; less than nothing: the newest <paramref name="limit"/>.</param>
    /// <param name="limit">How many were asked for.</param>
    /// <param name="bars">Those that came.</param>
    public string? Fault(long version, int first, int limit, IReadOnlyList<NumberedBar> bars)
    {
        if (!_states.TryGetValue(version, out var state))
        {
            return $"There is no version {version}.";
        }

        var from = first < 0 ? Math.Max(0, state.Count - limit) : Math.Min(first, state.Count);
        var count = Math.Min(limit, state.Count - from);
        if (bars.Count != count)
        {
            return $"Version {version} has {count} bars there, and {bars.Count} came.";
        }

        for (var i = 0; i < count; i++)
        {
            var expected = Bar(from + i, state[from + i]);
            if (bars[i] != expected)
            {
                return $"Bar {i} of version {version} is {expected}, and {bars[i]} came.";
            }
        }

        return null;
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

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
                return; // what was to be this version will never be, and nobody can have seen it
            }
        }

        _version = version;
        Volatile.Write(ref _acknowledged, version);
        lock (_acknowledgements)
        {
            _acknowledgements.Add((Stopwatch.GetTimestamp(), version));
        }
    }

    /// <summary>A commit that was cut off may have happened.</summary>
    private async Task<long> StoredVersionAsync()
    {
        string? fault = null;
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
                    fault = e.Message;
                    return null;
                }
            },
            version => version is not null,
            _ => fault ?? "no row"
        );
        return version!.Value;
    }

    private IncomingBar Incoming(int bar, int number)
    {
        var said = Bar(bar, number);
        Assert.Null(
            IncomingBar.TryCreate(said.Time, said.Open, said.High, said.Low, said.Close, said.Volume, null, null, out var incoming)
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
