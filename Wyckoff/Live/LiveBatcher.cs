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
/// Buffers received bars and writes them in batches, in the order in which they came. A batch that fails because of the database is retried
/// until it succeeds; meanwhile the bounded buffer fills up, and <see cref="AddAsync"/> waits.
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

    /// <summary>The number of bars received and not yet committed.</summary>
    public int Queued => _channel.Reader.Count + Volatile.Read(ref _writing);

    /// <summary>Adds a bar to the buffer.</summary>
    /// <exception cref="LiveStreamException">The buffer was full for longer than <see
    /// cref="LiveStreamOptions.BufferFullTimeout"/>.</exception>
    public async ValueTask AddAsync(LiveSubscriptionState state, IncomingBar bar, CancellationToken cancellationToken)
    {
        var entry = new Entry(state, bar, time.GetTimestamp());
        if (_channel.Writer.TryWrite(entry))
        {
            return;
        }

        using var timeout = new CancellationTokenSource(options.BufferFullTimeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await _channel.Writer.WriteAsync(entry, linked.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new LiveStreamException(
                "the database has not accepted bars for too long; the bars missed from now on are fetched from the provider later",
                LiveStreamFault.Overwhelmed
            );
        }
    }

    /// <summary>Queues the bars that a live subscription received during a repair, to be written again.</summary>
    public async Task ReplayAsync(LiveSubscriptionState state, CancellationToken cancellationToken) =>
        await _channel.Writer.WriteAsync(new(state, null, 0), cancellationToken);

    /// <summary>Waits until the buffer has room.</summary>
    public async Task WaitForRoomAsync(CancellationToken cancellationToken) => await _channel.Writer.WaitToWriteAsync(cancellationToken);

    /// <summary>Lets <see cref="RunAsync"/> end once the buffer is empty.</summary>
    public void Complete() => _channel.Writer.TryComplete();

    /// <summary>Writes batches until <see cref="Complete"/> was called and the buffer is empty.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            var more = _channel.Reader.WaitToReadAsync(cancellationToken).AsTask();
            while (await more)
            {
                using var delayEnd = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                var delay = Task.Delay(options.BatchDelay, time, delayEnd.Token);
                do
                {
                    while (_batch.Count < options.BatchSize && _channel.Reader.TryRead(out var entry))
                    {
                        Take(entry);
                    }

                    more = _channel.Reader.WaitToReadAsync(cancellationToken).AsTask();
                } while (_batch.Count < options.BatchSize && await Task.WhenAny(delay, more) == more && await more);

                await delayEnd.CancelAsync();
                if (_batch.Count > 0)
                {
                    await WriteAsync(_batch, cancellationToken);
                    _batch.Clear();
                    Volatile.Write(ref _writing, 0);
                }

                LiveTelemetry.RecordQueue(Queued);
            }
        }
        finally
        {
            if (Queued is > 0 and var remaining)
            {
                logger.NotWritten(remaining);
            }
        }
    }

    private void Take(in Entry entry)
    {
        if (entry.Bar is { } bar)
        {
            entry.State.Writing(bar);
            _batch.Add(entry);
        }
        else
        {
            foreach (var replayed in entry.State.Replay())
            {
                _batch.Add(entry with { Bar = replayed });
            }
        }

        Volatile.Write(ref _writing, _batch.Count);
    }

    private async Task WriteAsync(IReadOnlyCollection<Entry> entries, CancellationToken cancellationToken)
    {
        using var activity = MarketDataTraces.WriteLive(entries.Count);
        var byState = entries.GroupBy(entry => entry.State).ToList();
        var sets = byState.ConvertAll(group => new BarSet(
            group.Key.Subscription.Ticker.Id,
            group.Key.Subscription.Timeframe,
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
                if (byState.Count == 1)
                {
                    Refuse(byState[0].Key, sets[0], e);
                    return;
                }

                // Write each live subscription by itself, so that invalid bars of one do not block the others.
                foreach (var group in byState)
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
                LiveTelemetry.RecordLatency(time.GetElapsedTime(entry.Arrived));
            }
        }

        LiveTelemetry.RecordWritten(entries.Count);
    }

    private void Refuse(LiveSubscriptionState state, BarSet set, Exception exception)
    {
        logger.BarsRefused(
            exception,
            set.Bars.Length,
            state.Subscription.Ticker.Symbol.Value,
            state.Subscription.Timeframe.Name,
            set.Bars.Span[0].Timestamp
        );
        LiveTelemetry.RecordReject("database", set.Bars.Length);
        state.Refused(set.Bars.Span);
        refused(state);
    }

    // Errors that no retry can solve: invalid data (classes 22 and 23), or bars that break a rule of the writer. A unique violation is a
    // race, so it is retried.
    private static bool IsRefusal(Exception e) =>
        e is ArgumentException || e is PostgresException { SqlState: ['2', '2' or '3', ..] and not PostgresErrorCodes.UniqueViolation };

    /// <summary>A bar to write, or without a bar the request to write again what was received during a repair.</summary>
    private readonly record struct Entry(LiveSubscriptionState State, IncomingBar? Bar, long Arrived);
}
