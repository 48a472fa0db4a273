using System.Runtime.InteropServices;
using Npgsql;
using NpgsqlTypes;
using Wyckoff.Primitives;

namespace Wyckoff.MarketData.Reading;

/// <summary>
/// The versions of windows as the primary has them at this moment. Callers that ask at the same time share one tiny query, which always begins after they have asked:
/// so what it says is never older than the call, and under load the price of knowing is a fraction of a query.
/// </summary>
public sealed class WindowVersions(Database database)
{
    // One is on its way while the next one collects; a second lane keeps a lonely caller from waiting for both.
    private const int Lanes = 2;
    private readonly Lock _lock = new();
    private Round? _collecting;
    private int _running;

    /// <summary>The version; 0 when nobody has counted, or there is no such ticker.</summary>
    public async ValueTask<long> CurrentAsync(int tickerId, Timeframe timeframe, CancellationToken cancellationToken)
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
                        for (; round is not null; round = Next())
                        {
                            round.Answer.SetResult(await round.AskAsync(connection, cancellationToken));
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
        private readonly List<int> _tickers = [];
        private readonly List<string> _timeframes = [];

        public TaskCompletionSource<long[]> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Add(int tickerId, Timeframe timeframe)
        {
            ref var place = ref CollectionsMarshal.GetValueRefOrAddDefault(_places, (tickerId, timeframe), out var known);
            if (!known)
            {
                place = _tickers.Count;
                _tickers.Add(tickerId);
                _timeframes.Add(timeframe.Name);
            }

            return place;
        }

        public async Task<long[]> AskAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
        {
            var versions = new long[_tickers.Count];
            if (_tickers.Count == 1)
            {
                await using var one = new NpgsqlCommand("SELECT version FROM market.bar_windows WHERE ticker_id = $1 AND timeframe = $2", connection) { CommandTimeout = Patience };
                one.Parameters.Add(new NpgsqlParameter<int> { TypedValue = _tickers[0] });
                one.Parameters.Add(new NpgsqlParameter<string> { TypedValue = _timeframes[0], NpgsqlDbType = NpgsqlDbType.Text });
                await one.PrepareAsync(cancellationToken);
                versions[0] = await one.ExecuteScalarAsync(cancellationToken) is long version ? version : 0;
                return versions;
            }

            await using var command = new NpgsqlCommand(
                "SELECT a.place::int, w.version FROM unnest($1, $2) WITH ORDINALITY AS a (ticker_id, timeframe, place) JOIN market.bar_windows w ON w.ticker_id = a.ticker_id AND w.timeframe = a.timeframe", connection)
            { CommandTimeout = Patience };
            command.Parameters.Add(new NpgsqlParameter<List<int>> { TypedValue = _tickers });
            command.Parameters.Add(new NpgsqlParameter<List<string>> { TypedValue = _timeframes, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
            await command.PrepareAsync(cancellationToken);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                versions[reader.GetInt32(0) - 1] = reader.GetInt64(1);
            }

            return versions;
        }

        // Seconds. A lookup by key that takes longer is of a server that hangs; who waits should hear of it.
        private const int Patience = 4;
    }
}
