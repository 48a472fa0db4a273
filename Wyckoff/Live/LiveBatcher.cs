using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Npgsql;
using Wyckoff.Bars;
using Wyckoff.Bars.Writing;
using Wyckoff.Hosting;
using Wyckoff.Postgres;
using Wyckoff.Telemetry;

namespace Wyckoff.Live;

/// <summary>
/// Between the stream and the database: a bounded buffer, from which bars are written together, in the order they came. A database that fails is tried again until it
/// takes them; meanwhile the buffer fills, and then who brings bars has to wait.
/// </summary>
internal sealed class LiveBatcher(
    LiveStreamOptions options,
    BarWriteOptions writing,
    Func<IReadOnlyList<BarSet>, BarWriteOptions, CancellationToken, Task<BarWriteResult>> write,
    Action<LiveSubscriptionState> refused,
    Backoff pauses,
    TimeProvider time,
    ILogger logger
)
{
    private readonly Channel<Entry> _channel = Channel.CreateBounded<Entry>(
        new BoundedChannelOptions(options.Capacity) { SingleReader = true }
    );
    private readonly List<Entry> _batch = [];
    private int _writing;

    /// <summary>Received and not yet committed.</summary>
    public int Queued => _channel.Reader.Count + Volatile.Read(ref _writing);

    /// <exception cref="LiveStreamException">The buffer has been full for longer than patience lasts.</exception>
    public async ValueTask AddAsync(LiveSubscriptionState state, IncomingBar bar, CancellationToken cancellationToken)
    {
        var entry = new Entry(state, bar, time.GetTimestamp());
        if (_channel.Writer.TryWrite(entry))
        {
            return;
        }

        using var patience = new CancellationTokenSource(options.Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            await _channel.Writer.WriteAsync(entry, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new LiveStreamException(
                "the database has not taken bars for too long; what passes now is asked of the provider later",
                LiveStreamFault.Overwhelmed
            );
        }
    }

    /// <summary>In its turn, what came of this feed during a repair is written once more.</summary>
    public async Task ReplayAsync(LiveSubscriptionState state, CancellationToken cancellationToken) =>
        await _channel.Writer.WriteAsync(new(state, null, 0), cancellationToken);

    /// <summary>There is room for a bar.</summary>
    public async Task RoomAsync(CancellationToken cancellationToken) => await _channel.Writer.WaitToWriteAsync(cancellationToken);

    /// <summary>Nothing more comes.</summary>
    public void Complete() => _channel.Writer.TryComplete();

    /// <summary>Writes until nothing more comes and all is written.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            var more = _channel.Reader.WaitToReadAsync(cancellationToken).AsTask();
            while (await more)
            {
                using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                var window = Task.Delay(options.Window, time, over.Token);
                do
                {
                    while (_batch.Count < options.BatchSize && _channel.Reader.TryRead(out var entry))
                    {
                        Take(entry);
                    }

                    more = _channel.Reader.WaitToReadAsync(cancellationToken).AsTask();
                } while (_batch.Count < options.BatchSize && await Task.WhenAny(window, more) == more && await more);

                await over.CancelAsync();
                if (_batch.Count > 0)
                {
                    await WriteAsync(_batch, cancellationToken);
                    _batch.Clear();
                    Volatile.Write(ref _writing, 0);
                }

                LiveTelemetry.Queued(Queued);
            }
        }
        finally
        {
            if (Queued is > 0 and var left)
            {
                logger.NotWritten(left);
            }
        }
    }

    private void Take(in Entry entry)
    {
        if (entry.Bar is { } bar)
        {
            entry.State.Taken(bar);
            _batch.Add(entry);
        }
        else
        {
            foreach (var again in entry.State.Replay())
            {
                _batch.Add(entry with { Bar = again });
            }
        }

        Volatile.Write(ref _writing, _batch.Count);
    }

    private async Task WriteAsync(IReadOnlyCollection<Entry> entries, CancellationToken cancellationToken)
    {
        using var activity = MarketDataTraces.WriteLive(entries.Count);
        var byFeed = entries.GroupBy(entry => entry.State).ToList();
        var sets = byFeed.ConvertAll(group => new BarSet(
            group.Key.Feed.Ticker.Id,
            group.Key.Feed.Timeframe,
            group.Select(entry => entry.Bar!.Value).ToArray()
        ));
        for (var failures = 1; ; failures++)
        {
            try
            {
                await write(sets, writing, cancellationToken);
                break;
            }
            catch (Exception e) when (IsRefusal(e))
            {
                if (byFeed.Count == 1)
                {
                    Refuse(byFeed[0].Key, sets[0], e);
                    return;
                }

                // One of them is at fault; the others must not suffer for it.
                foreach (var group in byFeed)
                {
                    await WriteAsync([.. group], cancellationToken);
                }

                return;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested && DatabaseFaults.IsAny(e))
            {
                var pause = pauses.After(failures, options.FirstPause, options.LongestPause);
                logger.WriteFailed(e, entries.Count, pause);
                await Task.Delay(pause, time, cancellationToken);
            }
        }

        foreach (var entry in entries)
        {
            entry.State.Committed(entry.Bar!.Value.Time);
            if (entry.Arrived != 0)
            {
                LiveTelemetry.Took(time.GetElapsedTime(entry.Arrived));
            }
        }

        LiveTelemetry.Wrote(entries.Count);
    }

    private void Refuse(LiveSubscriptionState state, BarSet set, Exception exception)
    {
        logger.BarsRefused(
            exception,
            set.Bars.Length,
            state.Feed.Ticker.Symbol.Value,
            state.Feed.Timeframe.Name,
            set.Bars.Span[0].Timestamp
        );
        LiveTelemetry.Reject("database", set.Bars.Length);
        state.Refused(set.Bars.Span);
        refused(state);
    }

    // What will not be taken however often it is tried: bad data (classes 22 and 23), or bars that break a rule of the writer. That somebody else was faster is no such thing.
    private static bool IsRefusal(Exception e) =>
        e is ArgumentException || e is PostgresException { SqlState: ['2', '2' or '3', ..] and not PostgresErrorCodes.UniqueViolation };

    private readonly record struct Entry(LiveSubscriptionState State, IncomingBar? Bar, long Arrived);
}
