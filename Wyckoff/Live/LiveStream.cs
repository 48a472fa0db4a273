using System.Globalization;
using Microsoft.Extensions.Logging;
using Wyckoff.Bars.Writing;
using Wyckoff.Hosting;
using Wyckoff.Primitives;

namespace Wyckoff.Live;

/// <summary>
/// Keeps a connection to a provider's stream and writes the bars that it delivers. Bars that are missed while there is no connection, or
/// while the database is away for longer than the buffer lasts, are fetched from the provider afterwards.
/// </summary>
public sealed class LiveStream
{
    private static readonly TimeSpan MaxClockSkew = TimeSpan.FromMinutes(5);

    private readonly LiveStreamOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Backoff _backoff;
    private readonly LiveBatcher _batcher;
    private readonly GapRepair _repair;
    private readonly TradeBars _trades;
    private readonly SemaphoreSlim _tradesLock = new(1, 1);
    private readonly List<LiveBar> _builtBars = [];
    private readonly Lock _lock = new();
    private readonly Dictionary<(Symbol, bool Daily), LiveSubscriptionState> _states = [];
    private readonly Dictionary<(Symbol, bool Daily), LiveSubscriptionState> _requested = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _connected;
    private DateTimeOffset _since;
    private string? _fault;
    private CancellationToken _stopping;

    /// <param name="options">The address, credentials and timings.</param>
    /// <param name="writing">How bars are written: their source, and the fence of the lease on the stream.</param>
    /// <param name="write">Writes sets of bars in one transaction, or throws without having written anything.</param>
    /// <param name="repair">Fetches the bars of a range from the provider, and completes when they are committed.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">The source of jitter in the pauses between attempts.</param>
    /// <param name="logger">The logger.</param>
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
        (_options, _time, _logger, _since, _backoff) = (options, time, logger, time.GetUtcNow(), new(random));
        _batcher = new(options, writing, write, RepairNow, _backoff, time, logger);
        _repair = new(options, repair, _batcher.ReplayAsync, _backoff, time, logger);
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
                    _states.Values.Count(state => state.HasGap),
                    _batcher.Queued,
                    _fault
                );
            }
        }
    }

    /// <summary>Replaces the live subscriptions. An existing connection is kept.</summary>
    public void SetSubscriptions(IEnumerable<LiveSubscription> subscriptions)
    {
        lock (_lock)
        {
            var wanted = subscriptions.ToDictionary(subscription => (subscription.Ticker.Symbol, subscription.Timeframe.IsDaily));
            if (_states.Count == 0)
            {
                _since = _time.GetUtcNow(); // Until now there was no reason to be connected.
            }

            foreach (var (key, state) in _states.ToList())
            {
                if (
                    !wanted.TryGetValue(key, out var subscription)
                    || subscription.FromTrades != state.Subscription.FromTrades
                    || subscription.Ticker.Id != state.Subscription.Ticker.Id
                    || subscription.Ticker.AllowsNegative != state.Subscription.Ticker.AllowsNegative
                )
                {
                    _states.Remove(key);
                    state.Lost();
                }
            }

            foreach (var (key, subscription) in wanted)
            {
                if (!LiveSubscription.CanBeLive(subscription.Timeframe) || (subscription.FromTrades && subscription.Timeframe.IsDaily))
                {
                    throw new ArgumentException(
                        $"{subscription.Ticker.Symbol} {subscription.Timeframe}: a stream has bars of 1m and 1d, "
                            + "and builds 1m from trades.",
                        nameof(subscriptions)
                    );
                }

                _states.TryAdd(key, new(subscription));
            }

            _changed.TrySetResult();
        }
    }

    /// <summary>
    /// Runs until cancelled. Bars already received are then written, for at most <see cref="LiveStreamOptions.StopTimeout"/>.
    /// </summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var writing = new CancellationTokenSource();
        _stopping = stopping.Token;
        var batching = _batcher.RunAsync(writing.Token);
        // The batcher ends early only on a fault that cannot be retried, such as a lost lease.
        _ = batching.ContinueWith(
            _ => stopping.Cancel(),
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );
        try
        {
            await RunConnectionsAsync(stopping.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The stream was cancelled, or the batcher failed.
        }
        finally
        {
            await stopping.CancelAsync();
            await _repair.StopAsync();
            _batcher.Complete();
            using var stopTimeout = new CancellationTokenSource(_options.StopTimeout, _time);
            await using (stopTimeout.Token.Register(writing.Cancel))
            {
                try
                {
                    await batching;
                }
                catch (OperationCanceledException) when (writing.IsCancellationRequested)
                {
                    // The batcher has logged the bars not written; the next start repairs them.
                }
            }
        }
    }

    private async Task RunConnectionsAsync(CancellationToken cancellationToken)
    {
        var failures = 0;
        while (true)
        {
            await WaitForSubscriptionsAsync(cancellationToken);
            await _batcher.WaitForRoomAsync(cancellationToken);
            var started = _time.GetTimestamp();
            try
            {
                await RunConnectionAsync(cancellationToken);
                Disconnected(null);
                failures = 0;
            }
            catch (LiveStreamException e)
            {
                LiveTelemetry.RecordEnd(e.Fault);
                failures = _time.GetElapsedTime(started) >= _options.StableAfter ? 1 : failures + 1;
                var pause = _backoff.After(failures, _options.FirstPause, _options.LongestPause);
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

    /// <summary>Runs one connection. Returns when there are no live subscriptions left; any other end throws.</summary>
    private async Task RunConnectionAsync(CancellationToken cancellationToken)
    {
        await using var connection = await AlpacaConnection.OpenAsync(_options, _time, cancellationToken);
        lock (_lock)
        {
            (_connected, _since, _fault) = (true, _time.GetUtcNow(), null);
            _requested.Clear();
            _logger.LiveConnected(_options.Url, _states.Count);
        }

        LiveTelemetry.RecordConnected(true);
        using var connectionEnd = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var receiver = new ReceiverState();
        Task[] tasks =
        [
            ReceiveAsync(connection, receiver, connectionEnd.Token),
            SubscribeAsync(connection, connectionEnd.Token),
            WatchReceiverAsync(connection, receiver, connectionEnd.Token),
            CloseMinutesAsync(connectionEnd.Token),
        ];
        try
        {
            await await Task.WhenAny(tasks);
            await connection.CloseAsync(_options.StopTimeout, _time);
        }
        catch (LiveStreamException e) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(e.Message, e, cancellationToken);
        }
        finally
        {
            await connectionEnd.CancelAsync();
            // The first task to end has given the reason; the others end because of the cancellation.
            await Task.WhenAll(tasks)
                .ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private async Task ReceiveAsync(AlpacaConnection connection, ReceiverState receiver, CancellationToken cancellationToken)
    {
        var frame = new AlpacaFrame(AllowsNegative);
        while (true)
        {
            receiver.Waiting = true;
            await connection.ReceiveAsync(frame, cancellationToken);
            receiver.Waiting = false;
            receiver.Messages++;
            foreach (var fault in frame.Faults)
            {
                Reject("invalid", fault);
            }

            foreach (var control in frame.Controls)
            {
                await HandleAsync(control, cancellationToken);
            }

            foreach (var bar in frame.Bars)
            {
                LiveTelemetry.RecordReceived(
                    bar.Kind switch
                    {
                        LiveBarKind.Minute => "bar",
                        LiveBarKind.Update => "update",
                        _ => "daily",
                    }
                );
                await EnqueueAsync(bar, fromTrades: false, cancellationToken);
            }

            if (frame.Trades.Count > 0)
            {
                await AddTradesAsync(frame.Trades, cancellationToken);
            }
        }
    }

    private bool AllowsNegative(Symbol symbol)
    {
        lock (_lock)
        {
            var state = _states.GetValueOrDefault((symbol, false)) ?? _states.GetValueOrDefault((symbol, true));
            return state is { Subscription.Ticker.AllowsNegative: true };
        }
    }

    private async ValueTask EnqueueAsync(LiveBar bar, bool fromTrades, CancellationToken cancellationToken)
    {
        LiveSubscriptionState? state;
        lock (_lock)
        {
            _states.TryGetValue((bar.Symbol, bar.Kind == LiveBarKind.Day), out state);
        }

        // For a while after an unsubscription the server still sends bars that were in its buffers.
        if (state is null || state.Subscription.FromTrades != fromTrades)
        {
            return;
        }

        var aligned = state.Align(bar.Bar);
        if (bar.Bar.Timestamp > _time.GetUtcNow() + MaxClockSkew)
        {
            Reject("future", $"bar of {bar.Symbol} at {aligned.Timestamp:O}: that is in the future; is the clock of this machine right?");
        }
        else if (aligned.Timestamp.UtcTicks % state.Subscription.Timeframe.Width.Ticks != 0)
        {
            Reject("grid", $"bar of {bar.Symbol} at {aligned.Timestamp:O}: the start of a minute was expected");
        }
        else
        {
            await _batcher.AddAsync(state, aligned, cancellationToken);
        }
    }

    private async Task HandleAsync(AlpacaControl control, CancellationToken cancellationToken)
    {
        switch (control.Kind)
        {
            // Errors of a subscription, which leave the connection usable: too many symbols, or a channel that this stream does not have.
            case AlpacaControlKind.Error when control.Code is 400 or 405 or 409 or 410:
                lock (_lock)
                {
                    _fault = string.Create(CultureInfo.InvariantCulture, $"subscription refused: {control.Code} {control.Text}");
                }

                _logger.SubscriptionRefused(string.Create(CultureInfo.InvariantCulture, $"{control.Code} {control.Text}"));
                break;
            case AlpacaControlKind.Error when control.Code != 403: // 403: already authenticated, which is harmless.
                throw AlpacaConnection.Error(control);
            case AlpacaControlKind.Subscription:
                await ConfirmedAsync(control.Subscription!, cancellationToken);
                break;
        }
    }

    private async Task ConfirmedAsync(AlpacaSubscription confirmed, CancellationToken cancellationToken)
    {
        List<LiveSubscriptionState> started;
        lock (_lock)
        {
            started = [.. _requested.Values.Where(state => !state.Subscribed && confirmed.Has(state.Subscription))];
            started.ForEach(state => state.Subscribed = true);
        }

        if (started.Count == 0)
        {
            return;
        }

        await _tradesLock.WaitAsync(cancellationToken);
        try
        {
            var now = _time.GetUtcNow();
            started.ForEach(state => Start(state, now));
        }
        finally
        {
            _tradesLock.Release();
        }
    }

    /// <summary>
    /// Handles the start of a live subscription: the bars before it have to be fetched. The caller holds the trades lock.
    /// </summary>
    private void Start(LiveSubscriptionState state, DateTimeOffset now)
    {
        if (state.Subscription.FromTrades)
        {
            _trades.Start(state.Subscription.Ticker.Symbol, now);
        }

        _repair.Request(state, now, _stopping);
    }

    /// <summary>Sends changes of the live subscriptions to the server. Returns when there are none left.</summary>
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

                removed = [.. _requested.Where(pair => _states.GetValueOrDefault(pair.Key) != pair.Value).Select(pair => pair.Value)];
                added = [.. _states.Values.Where(state => !state.Subscribed && _requested.GetValueOrDefault(Key(state)) != state)];
                removed.ForEach(state => _requested.Remove(Key(state)));
                if (_changed.Task.IsCompleted)
                {
                    _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
                }

                changed = _changed.Task;
            }

            foreach (var message in AlpacaCommands.Unsubscribe([.. removed.Select(state => state.Subscription)]))
            {
                await connection.SendAsync(message, cancellationToken);
            }

            lock (_lock)
            {
                added.ForEach(state => _requested[Key(state)] = state);
            }

            foreach (var message in AlpacaCommands.Subscribe([.. added.Select(state => state.Subscription)]))
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
    /// Detects dead connections. At night a healthy connection is silent too, so after a silence an existing subscription is requested
    /// again, which the server answers with the list of all subscriptions. If no answer comes, the connection is dead. Silence does not
    /// count while the receiver itself waits for the buffer.
    /// </summary>
    private async Task WatchReceiverAsync(AlpacaConnection connection, ReceiverState receiver, CancellationToken cancellationToken)
    {
        while (true)
        {
            var before = receiver.Messages;
            await Task.Delay(_options.Heartbeat, _time, cancellationToken);
            LiveSubscription? subscription;
            lock (_lock)
            {
                subscription =
                    _requested.Values.FirstOrDefault(state => state.Subscribed)?.Subscription
                    ?? _requested.Values.FirstOrDefault()?.Subscription;
            }

            if (receiver.Messages != before || !receiver.Waiting || subscription is null)
            {
                continue;
            }

            foreach (var message in AlpacaCommands.Subscribe([subscription]))
            {
                await connection.SendAsync(message, cancellationToken);
            }

            await Task.Delay(_options.Timeout, _time, cancellationToken);
            if (receiver.Messages == before && receiver.Waiting)
            {
                throw new LiveStreamException(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"nothing was received for {(_options.Heartbeat + _options.Timeout).TotalSeconds} s, "
                            + $"and the heartbeat was not answered"
                    )
                );
            }
        }
    }

    private async Task AddTradesAsync(List<LiveTrade> trades, CancellationToken cancellationToken)
    {
        await _tradesLock.WaitAsync(cancellationToken);
        try
        {
            foreach (var trade in trades)
            {
                if (trade.IsCorrection)
                {
                    DiscardTrades(trade.Symbol);
                }
                else if (trade.Ticks > (_time.GetUtcNow() + MaxClockSkew).UtcTicks)
                {
                    Reject(
                        "future",
                        $"trade of {trade.Symbol} at {new DateTimeOffset(trade.Ticks, TimeSpan.Zero):O}: "
                            + "that is in the future; is the clock of this machine right?"
                    );
                }
                else if (!_trades.Add(trade, _builtBars))
                {
                    LiveTelemetry.RecordReject("late");
                }
            }

            await EnqueueBuiltAsync(cancellationToken);
        }
        finally
        {
            _tradesLock.Release();
        }
    }

    /// <summary>
    /// Handles a cancelled or corrected trade. The message does not name the minute, and a trade cannot be removed from a high or low. So
    /// all minutes in memory are fetched from the provider, and building starts anew.
    /// </summary>
    private void DiscardTrades(Symbol symbol)
    {
        LiveSubscriptionState? state;
        lock (_lock)
        {
            _states.TryGetValue((symbol, false), out state);
        }

        if (state is { Subscription.FromTrades: true, Subscribed: true })
        {
            _logger.TradeCorrected(symbol.Value);
            if (_trades.Oldest(symbol) is { } oldest)
            {
                state.ExtendGap(oldest);
            }

            Start(state, _time.GetUtcNow());
        }
    }

    private async Task CloseMinutesAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), _time, cancellationToken);
            await _tradesLock.WaitAsync(cancellationToken);
            try
            {
                _trades.Close(_time.GetUtcNow(), _builtBars);
                await EnqueueBuiltAsync(cancellationToken);
            }
            finally
            {
                _tradesLock.Release();
            }
        }
    }

    // The caller holds the trades lock, so that two versions of one minute reach the buffer in order.
    private async Task EnqueueBuiltAsync(CancellationToken cancellationToken)
    {
        LiveTelemetry.RecordReceived("trades", _builtBars.Count);
        foreach (var bar in _builtBars)
        {
            await EnqueueAsync(bar, fromTrades: true, cancellationToken);
        }

        _builtBars.Clear();
    }

    /// <summary>Repairs a live subscription after the database refused bars of it.</summary>
    private void RepairNow(LiveSubscriptionState state) => _repair.Request(state, _time.GetUtcNow(), _stopping);

    private async Task WaitForSubscriptionsAsync(CancellationToken cancellationToken)
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
        _builtBars.Clear();
        LiveTelemetry.RecordConnected(false);
    }

    private void Reject(string reason, string text)
    {
        LiveTelemetry.RecordReject(reason);
        _logger.MessageRejected(text);
    }

    private static (Symbol, bool Daily) Key(LiveSubscriptionState state) =>
        (state.Subscription.Ticker.Symbol, state.Subscription.Timeframe.IsDaily);

    /// <summary>How many messages were received, and whether the receiver waits for the next one.</summary>
    private sealed class ReceiverState
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
