using Npgsql;
using Wyckoff.Bars;
using Wyckoff.Bars.Writing;
using Wyckoff.Primitives;
using Wyckoff.Sync.Providers;
using Wyckoff.Telemetry;
using Wyckoff.Tickers;

namespace Wyckoff.Sync;

/// <summary>One run: asks for gap after gap, and commits answer after answer.</summary>
internal sealed class SyncRunner
{
    private const int ReasonsKept = 10;

    private readonly NpgsqlDataSource _source;
    private readonly BarWriter _writer;
    private readonly IBarProvider _provider;
    private readonly TickerRef _ticker;
    private readonly SyncRequest _request;
    private readonly HeldLease _lease;
    private readonly SyncOptions _options;
    private readonly TimeProvider _time;
    private readonly SyncLogRow _row;
    private readonly List<BarFault> _faults = [];
    private int _left;
    private bool _told;

    public SyncRunner(
        NpgsqlDataSource source,
        BarWriter writer,
        IBarProvider provider,
        TickerRef ticker,
        SyncRequest request,
        HeldLease lease,
        SyncOptions options,
        TimeProvider time
    )
    {
        (_source, _writer, _provider, _ticker, _request, _lease, _options, _time) = (
            source,
            writer,
            provider,
            ticker,
            request,
            lease,
            options,
            time
        );
        var now = time.GetUtcNow();
        _row = new(ticker, request.Timeframe, provider.Name, now);
        // A bar that has not closed will change, and one that has closed just now may.
        var margin = options.Settling > request.Timeframe.Width ? options.Settling : request.Timeframe.Width;
        Settled = BarGrid.Floor(request.Timeframe, now - margin);
    }

    /// <summary>From here on nothing is final.</summary>
    public DateTimeOffset Settled { get; }

    public long Fetched { get; private set; }

    public long Inserted { get; private set; }

    public long Updated { get; private set; }

    public long Rejected { get; private set; }

    /// <summary>Why it was cut short.</summary>
    public string? Failure { get; private set; }

    public BarFault? FirstFault => _faults.Count > 0 ? _faults[0] : null;

    public long? RunId => _row.Id;

    public DateTimeOffset? Newest => _row.Newest;

    public SyncOutcome Outcome =>
        Error is null ? SyncOutcome.Success
        : _row.Pages > 0 ? SyncOutcome.Partial
        : SyncOutcome.Failed;

    public string? Error => ErrorWith(Failure, Rejected, _faults);

    public async Task FetchAsync(IReadOnlyList<TimeRange> gaps, CancellationToken cancellationToken)
    {
        // The newest are what people look at; holes that a provider cannot fill must not keep them waiting.
        _left = Math.Max(0, gaps.Count - _request.MaxGaps);
        var asked = gaps.Skip(_left).ToList();
        try
        {
            for (var i = 0; i < asked.Count; i++)
            {
                await FetchAsync(asked[i], isLast: i == asked.Count - 1, cancellationToken);
            }
        }
        catch (ProviderException e)
        {
            Failure = e.Message;
        }

        // The last answer has told how it ended, unless it was not to be the last; and where there was nothing to say, nothing is.
        if (Failure is not null || (_row.Pages > 0 && !_told))
        {
            await CommitAsync(null, cancellationToken);
        }
    }

    private async Task FetchAsync(TimeRange gap, bool isLast, CancellationToken cancellationToken)
    {
        var from = gap.Start;
        await foreach (var page in _provider.FetchAsync(_ticker.Symbol, _request.Timeframe, gap, cancellationToken))
        {
            var judged = CheckedPage.Of(page, gap, from, Settled, _ticker, _request.Timeframe);
            var told = BarGrid.Floor(_request.Timeframe, page.CompleteUntil);
            from = told > from ? told : from;
            await CommitAsync(
                new(
                    page,
                    judged,
                    isLast && from >= gap.End,
                    _time.GetUtcNow(),
                    _options.KeepPayloads ? SyncLogRow.Compress(page.Payload) : null
                ),
                cancellationToken
            );
            if (judged.Unreadable)
            {
                throw new ProviderException(
                    $"{_provider.Name}: bars without a time that can be read ({judged.Rejected.First(fault => fault.Timestamp is null)})."
                );
            }
        }
    }

    private sealed record Answer(ProviderPage Page, CheckedPage Judged, bool IsLast, DateTimeOffset ReceivedAt, byte[]? Compressed);

    // Everything an answer leads to, in one transaction: its bars, what it tells, the log, and the answer itself. Without an answer, only how the run ended.
    private async Task CommitAsync(Answer? answer, CancellationToken cancellationToken)
    {
        var (bars, rejected) = answer is null ? ([], []) : (answer.Judged.Bars, answer.Judged.Rejected);
        var fetched = Fetched + (answer is null ? 0 : answer.Page.Bars.Count + answer.Page.Faults.Count);
        var faults = _faults.Concat(rejected).Take(ReasonsKept).ToList();
        var error = answer is { IsLast: false } ? SyncLogRow.NotOver : ErrorWith(Failure, Rejected + rejected.Count, faults);
        var outcome =
            error is null ? SyncOutcome.Success
            : answer is null && _row.Pages == 0 ? SyncOutcome.Failed
            : SyncOutcome.Partial;
        SyncLogRow.Draft? draft = null;

        var written =
            bars.Count == 0
                ? await TransactAsync(AfterAsync, cancellationToken)
                : await _writer.WriteAsync(
                    [new(_ticker.Id, _request.Timeframe, bars.ToArray())],
                    new()
                    {
                        Source = _provider.Name,
                        Policy = ConflictPolicy.Replace,
                        Before = FenceAsync,
                        After = AfterAsync,
                    },
                    cancellationToken
                );

        _row.Commit(draft!, answer is not null);
        _told = answer is null or { IsLast: true };
        _faults.Clear();
        _faults.AddRange(faults);
        (Fetched, Inserted, Updated, Rejected) = (
            fetched,
            Inserted + written.Inserted,
            Updated + written.Updated,
            Rejected + rejected.Count
        );
        if (answer is not null)
        {
            MarketDataMetrics.SyncPage(_provider.Name, answer.Page.Bars.Count + answer.Page.Faults.Count, rejected.Count);
        }

        async Task AfterAsync(NpgsqlConnection connection, BarWriteResult result, CancellationToken token)
        {
            draft = await _row.WriteAsync(connection, outcome, error, fetched, bars, result, token);
            if (answer is not null)
            {
                await SyncCoverageStore.AddAsync(connection, _ticker.Id, _request.Timeframe, _provider.Name, answer.Judged.Covered, token);
                if (answer.Compressed is { } compressed)
                {
                    await _row.KeepAsync(connection, draft.Id, answer.Page, compressed, answer.ReceivedAt, token);
                }
            }
        }
    }

    private async Task<BarWriteResult> TransactAsync(
        Func<NpgsqlConnection, BarWriteResult, CancellationToken, Task> after,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await _source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var nothing = new BarWriteResult();
        await FenceAsync(connection, cancellationToken);
        await using (
            var command = new NpgsqlCommand("SELECT pg_advisory_xact_lock($1)", connection)
            {
                Parameters = { new() { Value = BarWindow.LockKey(_ticker.Id, _request.Timeframe) } },
            }
        )
        {
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        await after(connection, nothing, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return nothing;
    }

    private async Task FenceAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await _lease.FenceAsync(connection, cancellationToken);
        if (_request.Fence is { } fence)
        {
            await fence(connection, cancellationToken);
        }
    }

    private string? ErrorWith(string? failure, long rejected, List<BarFault> faults)
    {
        var parts = new List<string>();
        if (failure is not null)
        {
            parts.Add(failure);
        }

        if (rejected > 0)
        {
            parts.Add(
                FormattableString.Invariant(
                    $"{rejected} bars were rejected: {string.Join("; ", faults)}{(rejected > faults.Count ? "; …" : "")}"
                )
            );
        }

        if (_left > 0)
        {
            parts.Add(FormattableString.Invariant($"{_left} older gaps are left for the next run"));
        }

        return parts.Count == 0 ? null : string.Join(" | ", parts);
    }
}
