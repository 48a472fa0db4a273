using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;
using Wyckoff.Primitives;

namespace Wyckoff.MarketData.Reading;

/// <summary>
/// The versions of windows as the primary has them at this moment. Callers that ask at the same time share one tiny query, which always begins after they have asked, and
/// what a crowd asks for is leased: so what it says is never older than the call, and under load the price of knowing is a fraction of a query.
/// </summary>
public sealed class WindowVersions(Database database, TimeProvider time, ILogger<WindowVersions> logger)
{
    // One is on its way while the next one collects; a second lane keeps a lonely caller from waiting for both.
    private const int Lanes = 2;

    /// <summary>Seconds. A lookup by key that takes longer is of a server that hangs; who waits should hear of it.</summary>
    internal const int Patience = 4;

    private readonly VersionLeases _leases = new(database, time, logger);
    private readonly Lock _lock = new();
    private Round? _collecting;
    private int _running;

    /// <summary>The version; 0 when nobody has counted, or there is no such ticker.</summary>
    public ValueTask<long> CurrentAsync(int tickerId, Timeframe timeframe, CancellationToken cancellationToken) =>
        _leases.TryFind(tickerId, timeframe, out var version) ? new(version) : AskAsync(tickerId, timeframe, cancellationToken);

    /// <summary>Asks for the versions of some windows: the place of each in the lists, from 1, and its version.</summary>
    internal static NpgsqlBatchCommand Question(List<int> tickers, List<Timeframe> timeframes)
    {
        var command = new NpgsqlBatchCommand(
            "SELECT a.place::int, w.version FROM unnest($1, $2) WITH ORDINALITY AS a (ticker_id, timeframe, place) JOIN market.bar_windows w ON w.ticker_id = a.ticker_id AND w.timeframe = a.timeframe");
        command.Parameters.Add(new NpgsqlParameter<List<int>> { TypedValue = tickers });
        command.Parameters.Add(new NpgsqlParameter<List<string>> { TypedValue = timeframes.ConvertAll(timeframe => timeframe.Name), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        return command;
    }

    private async ValueTask<long> AskAsync(int tickerId, Timeframe timeframe, CancellationToken cancellationToken)
    {
        Round round;
        int place;
        bool start;
        lock (_lock)
        {
            round = _collecting ??= new();
            place = round.Add(tickerId, timeframe);
            start = _running < Lanes;
            if (start)
            {
                _running++;
                _collecting = null;
            }
        }

        if (start)
        {
            _ = RunAsync(round);
        }

        var versions = await round.Answer.Task.WaitAsync(cancellationToken);
        return versions[place];
    }

    private async Task RunAsync(Round? round)
    {
        while (round is not null)
        {
            try
            {
                // On one connection for as long as somebody asks: to be made as new between two uses costs it more than the question.
                await database.ReadAsync(
                    async (connection, cancellationToken) =>
                    {
                        while (round is not null)
                        {
                            round.Answer.SetResult(await round.AskAsync(connection, cancellationToken));
                            _leases.Consider(round.Tickers, round.Timeframes, round.Callers);
                            round = Next();
                        }

                        return true;
                    },
                    CancellationToken.None);
            }
            catch (Exception e)
            {
                if (round is null)
                {
                    // The connection was not given back in good order, which nobody waits for.
                    return;
                }

                // To whom it matters: each of those who wait has it thrown.
                round.Answer.SetException(e);
                _ = round.Answer.Task.Exception;
                round = Next();
            }
        }
    }

    // Those who have asked meanwhile; if nobody has, the lane is free.
    private Round? Next()
    {
        lock (_lock)
        {
            (var next, _collecting) = (_collecting, null);
            if (next is null)
            {
                _running--;
            }

            return next;
        }
    }

    private sealed class Round
    {
        private readonly Dictionary<(int, Timeframe), int> _places = [];

        public List<int> Tickers { get; } = [];

        public List<Timeframe> Timeframes { get; } = [];

        public int Callers { get; private set; }

        public TaskCompletionSource<long[]> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Add(int tickerId, Timeframe timeframe)
        {
            Callers++;
            ref var place = ref CollectionsMarshal.GetValueRefOrAddDefault(_places, (tickerId, timeframe), out var known);
            if (!known)
            {
                place = Tickers.Count;
                Tickers.Add(tickerId);
                Timeframes.Add(timeframe);
            }

            return place;
        }

        public async Task<long[]> AskAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
        {
            var versions = new long[Tickers.Count];
            if (Tickers.Count == 1)
            {
                await using var one = new NpgsqlCommand("SELECT version FROM market.bar_windows WHERE ticker_id = $1 AND timeframe = $2", connection) { CommandTimeout = Patience };
                one.Parameters.Add(new NpgsqlParameter<int> { TypedValue = Tickers[0] });
                one.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Timeframes[0].Name, NpgsqlDbType = NpgsqlDbType.Text });
                await one.PrepareAsync(cancellationToken);
                versions[0] = await one.ExecuteScalarAsync(cancellationToken) is long version ? version : 0;
                return versions;
            }

            await using var batch = new NpgsqlBatch(connection) { Timeout = Patience, BatchCommands = { Question(Tickers, Timeframes) } };
            await batch.PrepareAsync(cancellationToken);
            await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                versions[reader.GetInt32(0) - 1] = reader.GetInt64(1);
            }

            return versions;
        }
    }
}
