using System.Globalization;
using Microsoft.Extensions.Logging;
using Wyckoff.Bars.Writing;
using Wyckoff.Hosting;
using Wyckoff.Primitives;

namespace Wyckoff.Live;

/// <summary>
/// Keeps one connection to a provider's stream, and writes what it brings. Nothing is lost: what passes while there is no connection, or while the database is away for
/// longer than the buffer lasts, is asked of the provider afterwards.
/// </summary>
public sealed class LiveStream
{
    private static readonly TimeSpan Ahead = TimeSpan.FromMinutes(5);

    private readonly LiveStreamOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Backoff _pauses;
    private readonly LiveBatcher _batcher;
    private readonly GapRepair _repair;
    private readonly TradeBars _trades;
    private readonly SemaphoreSlim _building = new(1, 1);
    private readonly List<LiveBar> _built = [];
    private readonly Lock _lock = new();
    private readonly Dictionary<(Symbol, bool Daily), LiveSubscriptionState> _states = [];
    private readonly Dictionary<(Symbol, bool Daily), LiveSubscriptionState> _sent = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _connected;
    private DateTimeOffset _since;
    private string? _fault;
    private CancellationToken _life;

    /// <param name="options">Where to and as whom.</param>
    /// <param name="writing">How the bars are written: their source, and the fence of whoever owns the stream.</param>
    /// <param name="write">Writes sets of bars in one transaction, or throws and has written nothing.</param>
    /// <param name="repair">Has the provider asked for the bars of a range, and stores them. It is done when they are committed.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">For the pauses between attempts.</param>
    /// <param name="logger">For what is worth knowing.</param>
    public LiveStream(
        LiveStreamOptions options,
        BarWriteOptions writing,
        Func<IReadOnlyList<BarSet>, BarWriteOptions, CancellationToken, Task<BarWriteResult>> write,
        Func<LiveSubscription, TimeRange, CancellationToken, Task> repair,
        TimeProvider time,
        Random random,
        ILogger<LiveStream> logger
    )
    {
        (_options, _time, _logger, _since, _pauses) = (options, time, logger, time.GetUtcNow(), new(random));
        _batcher = new(options, writing, write, RepairNow, _pauses, time, logger);
        _repair = new(options, repair, _batcher.ReplayAsync, _pauses, time, logger);
        _trades = new(options.TradeGrace);
    }

    public LiveStatus Status
    {
        get
        {
            lock (_lock)
            {
                return new(
                    _connected,
                    _since,
                    _states.Count,
                    _states.Values.Count(state => state.Subscribed),
                    _states.Values.Count(state => state.HasHole),
                    _batcher.Queued,
                    _fault
                );
            }
        }
    }

    /// <summary>What shall be streamed from now on. Subscriptions follow without a new connection.</summary>
    public void SetFeeds(IEnumerable<LiveSubscription> feeds)
    {
        lock (_lock)
        {
            var wanted = feeds.ToDictionary(feed => (feed.Ticker.Symbol, feed.Timeframe.IsDaily));
            if (_states.Count == 0)
            {
                _since = _time.GetUtcNow(); // nothing was to be connected before
            }

            foreach (var (key, state) in _states.ToList())
            {
                if (
                    !wanted.TryGetValue(key, out var feed)
                    || feed.FromTrades != state.Feed.FromTrades
                    || feed.Ticker.Id != state.Feed.Ticker.Id
                )
                {
                    _states.Remove(key);
                    state.Lost();
                }
            }

            foreach (var (key, feed) in wanted)
            {
                if (!LiveSubscription.CanBeLive(feed.Timeframe) || (feed.FromTrades && feed.Timeframe.IsDaily))
                {
                    throw new ArgumentException(
                        $"{feed.Ticker.Symbol} {feed.Timeframe}: a stream has bars of 1m and 1d, and builds 1m from trades.",
                        nameof(feeds)
                    );
                }

                _states.TryAdd(key, new(feed));
            }

            _changed.TrySetResult();
        }
    }

    /// <summary>Runs until it is told to stop; then what has come is written, as far as the time for it lasts.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var life = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var writing = new CancellationTokenSource();
        _life = life.Token;
        var batching = _batcher.RunAsync(writing.Token);
        // A batcher ends only by a fault that nobody can mend here, such as a lease that is gone.
        _ = batching.ContinueWith(
            _ => life.Cancel(),
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );
        try
        {
            await ConnectAsync(life.Token);
        }
        catch (OperationCanceledException) when (life.IsCancellationRequested)
        {
            // Told to.
        }
        finally
        {
            await life.CancelAsync();
            await _repair.StopAsync();
            _batcher.Complete();
            using var enough = new CancellationTokenSource(_options.LastWrite, _time);
            await using (enough.Token.Register(writing.Cancel))
            {
                try
                {
                    await batching;
                }
                catch (OperationCanceledException) when (writing.IsCancellationRequested)
                {
                    // What is left was logged; the next start repairs it.
                }
            }
        }
    }

    private async Task ConnectAsync(CancellationToken cancellationToken)
    {
        var failures = 0;
        while (true)
        {
            await WantedAsync(cancellationToken);
            await _batcher.RoomAsync(cancellationToken);
            var started = _time.GetTimestamp();
            try
            {
                await ListenAsync(cancellationToken);
                Disconnected(null);
                failures = 0;
            }
            catch (LiveStreamException e)
            {
                LiveTelemetry.Ended(e.Fault);
                failures = _time.GetElapsedTime(started) >= _options.Good ? 1 : failures + 1;
                var pause = _pauses.After(failures, _options.FirstPause, _options.LongestPause);
                pause = e.Fault switch
                {
                    LiveStreamFault.Refused => _options.RefusedPause,
                    LiveStreamFault.Limit when pause < _options.LimitPause => _options.LimitPause,
                    _ => pause,
                };
                Disconnected(e.Message);
                if (e.Fault == LiveStreamFault.Refused)
                {
                    _logger.LiveRefused(e.Message, pause);
                }
                else
                {
                    _logger.LiveLost(e.Message, pause);
                }

                await Task.Delay(pause, _time, cancellationToken);
            }
            finally
            {
                Disconnected(_fault);
            }
        }
    }

    /// <summary>One connection, from its beginning to its end. It ends well only when there is nothing left to stream.</summary>
    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        await using var connection = await AlpacaConnection.OpenAsync(_options, _time, cancellationToken);
        lock (_lock)
        {
            (_connected, _since, _fault) = (true, _time.GetUtcNow(), null);
            _sent.Clear();
            _logger.LiveConnected(_options.Url, _states.Count);
        }

        LiveTelemetry.IsConnected(true);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var heard = new Heard();
        Task[] parts =
        [
            ReceiveAsync(connection, heard, over.Token),
            SubscribeAsync(connection, over.Token),
            WatchAsync(connection, heard, over.Token),
            CloseMinutesAsync(over.Token),
        ];
        try
        {
            await await Task.WhenAny(parts);
            await connection.CloseAsync(_options.LastWrite, _time);
        }
        catch (LiveStreamException e) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(e.Message, e, cancellationToken);
        }
        finally
        {
            await over.CancelAsync();
            // The first one has said why; the others end because of it.
            await Task.WhenAll(parts)
                .ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private async Task ReceiveAsync(AlpacaConnection connection, Heard heard, CancellationToken cancellationToken)
    {
        var frame = new AlpacaFrame();
        while (true)
        {
            heard.Waiting = true;
            await connection.ReceiveAsync(frame, cancellationToken);
            heard.Waiting = false;
            heard.Messages++;
            foreach (var fault in frame.Faults)
            {
                Reject("invalid", fault);
            }

            foreach (var control in frame.Controls)
            {
                await HeedAsync(control, cancellationToken);
            }

            foreach (var bar in frame.Bars)
            {
                LiveTelemetry.Came(
                    bar.Kind switch
                    {
                        LiveBarKind.Minute => "bar",
                        LiveBarKind.Update => "update",
                        _ => "daily",
                    }
                );
                await TakeAsync(bar, fromTrades: false, cancellationToken);
            }

            if (frame.Trades.Count > 0)
            {
                await BuildAsync(frame.Trades, cancellationToken);
            }
        }
    }

    private async ValueTask TakeAsync(LiveBar bar, bool fromTrades, CancellationToken cancellationToken)
    {
        LiveSubscriptionState? state;
        lock (_lock)
        {
            _states.TryGetValue((bar.Symbol, bar.Kind == LiveBarKind.Day), out state);
        }

        // For a while after the end of a subscription the server still sends what it had in hand.
        if (state is null || state.Feed.FromTrades != fromTrades)
        {
            return;
        }

        var taken = state.OnGrid(bar.Bar);
        if (bar.Bar.Timestamp > _time.GetUtcNow() + Ahead)
        {
            Reject("future", $"bar of {bar.Symbol} at {taken.Timestamp:O}: that is in the future; is the clock of this machine right?");
        }
        else if (taken.Timestamp.UtcTicks % state.Feed.Timeframe.Width.Ticks != 0)
        {
            Reject("grid", $"bar of {bar.Symbol} at {taken.Timestamp:O}: the start of a minute was expected");
        }
        else
        {
            await _batcher.AddAsync(state, taken, cancellationToken);
        }
    }

    private async Task HeedAsync(AlpacaControl control, CancellationToken cancellationToken)
    {
        switch (control.Kind)
        {
            // Of the subscription, not of the connection: too many symbols, or a list this stream does not have.
            case AlpacaControlKind.Error when control.Code is 400 or 405 or 409 or 410:
                lock (_lock)
                {
                    _fault = string.Create(CultureInfo.InvariantCulture, $"subscription refused: {control.Code} {control.Text}");
                }

                _logger.SubscriptionRefused(string.Create(CultureInfo.InvariantCulture, $"{control.Code} {control.Text}"));
                break;
            case AlpacaControlKind.Error when control.Code != 403: // authenticated already
                throw AlpacaConnection.Error(control);
            case AlpacaControlKind.Subscription:
                await SubscribedAsync(control.Subscription!, cancellationToken);
                break;
        }
    }

    private async Task SubscribedAsync(AlpacaSubscription subscription, CancellationToken cancellationToken)
    {
        List<LiveSubscriptionState> begun;
        lock (_lock)
        {
            begun = [.. _sent.Values.Where(state => !state.Subscribed && subscription.Has(state.Feed))];
            begun.ForEach(state => state.Subscribed = true);
        }

        if (begun.Count == 0)
        {
            return;
        }

        await _building.WaitAsync(cancellationToken);
        try
        {
            var now = _time.GetUtcNow();
            begun.ForEach(state => Begin(state, now));
        }
        finally
        {
            _building.Release();
        }
    }

    /// <summary>The stream of this feed begins now; what was before has to be asked for. Within the semaphore.</summary>
    private void Begin(LiveSubscriptionState state, DateTimeOffset now)
    {
        if (state.Feed.FromTrades)
        {
            _trades.Start(state.Feed.Ticker.Symbol, now);
        }

        _repair.Ask(state, now, _life);
    }

    /// <summary>Sends what the subscriptions should be whenever that changes; ends when nothing is to be streamed any more.</summary>
    private async Task SubscribeAsync(AlpacaConnection connection, CancellationToken cancellationToken)
    {
        while (true)
        {
            List<LiveSubscriptionState> added,
                removed;
            Task changed;
            lock (_lock)
            {
                if (_states.Count == 0)
                {
                    return;
                }

                removed = [.. _sent.Where(pair => _states.GetValueOrDefault(pair.Key) != pair.Value).Select(pair => pair.Value)];
                added = [.. _states.Values.Where(state => !state.Subscribed && _sent.GetValueOrDefault(Key(state)) != state)];
                removed.ForEach(state => _sent.Remove(Key(state)));
                if (_changed.Task.IsCompleted)
                {
                    _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
                }

                changed = _changed.Task;
            }

            foreach (var message in AlpacaCommands.Unsubscribe([.. removed.Select(state => state.Feed)]))
            {
                await connection.SendAsync(message, cancellationToken);
            }

            lock (_lock)
            {
                added.ForEach(state => _sent[Key(state)] = state);
            }

            foreach (var message in AlpacaCommands.Subscribe([.. added.Select(state => state.Feed)]))
            {
                await connection.SendAsync(message, cancellationToken);
            }

            if (added.Count + removed.Count > 0)
            {
                _logger.SubscriptionChanged(added.Count, removed.Count);
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    /// <summary>
    /// A line can be dead without anybody saying so, and at night a good one is as silent. So after a silence we subscribe to what we have already: the server answers with the
    /// list of all subscriptions. Only silence after that is death. While we are the ones who keep the server waiting, it may well be silent.
    /// </summary>
    private async Task WatchAsync(AlpacaConnection connection, Heard heard, CancellationToken cancellationToken)
    {
        while (true)
        {
            var before = heard.Messages;
            await Task.Delay(_options.Heartbeat, _time, cancellationToken);
            LiveSubscription? any;
            lock (_lock)
            {
                any = _sent.Values.FirstOrDefault(state => state.Subscribed)?.Feed ?? _sent.Values.FirstOrDefault()?.Feed;
            }

            if (heard.Messages != before || !heard.Waiting || any is null)
            {
                continue;
            }

            foreach (var message in AlpacaCommands.Subscribe([any]))
            {
                await connection.SendAsync(message, cancellationToken);
            }

            await Task.Delay(_options.Timeout, _time, cancellationToken);
            if (heard.Messages == before && heard.Waiting)
            {
                throw new LiveStreamException(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"nothing was heard for {(_options.Heartbeat + _options.Timeout).TotalSeconds} s, nor in answer to a sign of life"
                    )
                );
            }
        }
    }

    private async Task BuildAsync(List<LiveTrade> trades, CancellationToken cancellationToken)
    {
        await _building.WaitAsync(cancellationToken);
        try
        {
            foreach (var trade in trades)
            {
                if (trade.Undoes)
                {
                    Undo(trade.Symbol);
                }
                else if (trade.Ticks > (_time.GetUtcNow() + Ahead).UtcTicks)
                {
                    Reject(
                        "future",
                        $"trade of {trade.Symbol} at {new DateTimeOffset(trade.Ticks, TimeSpan.Zero):O}: that is in the future; is the clock of this machine right?"
                    );
                }
                else if (!_trades.Add(trade, _built))
                {
                    LiveTelemetry.Reject("late");
                }
            }

            await TakeBuiltAsync(cancellationToken);
        }
        finally
        {
            _building.Release();
        }
    }

    /// <summary>Which minute a cancelled trade was in is not said, and it cannot be taken out of a high: so all minutes at hand are asked of the provider, and building begins anew.</summary>
    private void Undo(Symbol symbol)
    {
        LiveSubscriptionState? state;
        lock (_lock)
        {
            _states.TryGetValue((symbol, false), out state);
        }

        if (state is { Feed.FromTrades: true, Subscribed: true })
        {
            _logger.TradeUndone(symbol.Value);
            if (_trades.Oldest(symbol) is { } oldest)
            {
                state.Hole(oldest);
            }

            Begin(state, _time.GetUtcNow());
        }
    }

    private async Task CloseMinutesAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), _time, cancellationToken);
            await _building.WaitAsync(cancellationToken);
            try
            {
                _trades.Close(_time.GetUtcNow(), _built);
                await TakeBuiltAsync(cancellationToken);
            }
            finally
            {
                _building.Release();
            }
        }
    }

    // Within the semaphore: two versions of one minute must not overtake each other on their way to the buffer.
    private async Task TakeBuiltAsync(CancellationToken cancellationToken)
    {
        LiveTelemetry.Came("trades", _built.Count);
        foreach (var bar in _built)
        {
            await TakeAsync(bar, fromTrades: true, cancellationToken);
        }

        _built.Clear();
    }

    /// <summary>The database refused bars of this feed.</summary>
    private void RepairNow(LiveSubscriptionState state) => _repair.Ask(state, _time.GetUtcNow(), _life);

    private async Task WantedAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_states.Count > 0)
                {
                    return;
                }

                if (_changed.Task.IsCompleted)
                {
                    _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    private void Disconnected(string? reason)
    {
        lock (_lock)
        {
            _fault = reason;
            if (!_connected)
            {
                return;
            }

            (_connected, _since) = (false, _time.GetUtcNow());
            foreach (var state in _states.Values)
            {
                state.Lost();
            }
        }

        _trades.Clear();
        _built.Clear();
        LiveTelemetry.IsConnected(false);
    }

    private void Reject(string reason, string text)
    {
        LiveTelemetry.Reject(reason);
        _logger.MessageRejected(text);
    }

    private static (Symbol, bool Daily) Key(LiveSubscriptionState state) => (state.Feed.Ticker.Symbol, state.Feed.Timeframe.IsDaily);

    /// <summary>What the watch knows of the reader.</summary>
    private sealed class Heard
    {
        private volatile bool _waiting;
        private long _messages;

        public bool Waiting
        {
            get => _waiting;
            set => _waiting = value;
        }

        public long Messages
        {
            get => Volatile.Read(ref _messages);
            set => Volatile.Write(ref _messages, value);
        }
    }
}
