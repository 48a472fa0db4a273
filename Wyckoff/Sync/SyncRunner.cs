using Npgsql;
using Wyckoff.Bars;
using Wyckoff.Bars.Writing;
using Wyckoff.Primitives;
using Wyckoff.Sync.Providers;
using Wyckoff.Telemetry;
using Wyckoff.Tickers;

namespace Wyckoff.Sync;

/// <summary>Executes one run: fetches gap by gap, and commits answer by answer.</summary>
internal sealed class SyncRunner
{
    private const int MaxReasons = 10;

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
    private int _gapsLeft;
    private bool _endLogged;

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
        // An open bar will change, and a bar that has just closed may be corrected.
        var margin = options.Settling > request.Timeframe.Width ? options.Settling : request.Timeframe.Width;
        Settled = BarGrid.Floor(request.Timeframe, now - margin);
    }

    /// <summary>The instant from which on bars may still change.</summary>
    public DateTimeOffset Settled { get; }

    public long Fetched { get; private set; }

    public long Inserted { get; private set; }

    public long Updated { get; private set; }

    public long Rejected { get; private set; }

    /// <summary>Why the provider ended the run early; null if it did not.</summary>
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
        // The newest gaps come first: users look at them, and old gaps that a provider cannot fill must not delay them.
        _gapsLeft = Math.Max(0, gaps.Count - _request.MaxGaps);
        var fetched = gaps.Skip(_gapsLeft).ToList();
        try
        {
            for (var i = 0; i < fetched.Count; i++)
            {
                await FetchAsync(fetched[i], isLast: i == fetched.Count - 1, cancellationToken);
            }
        }
        catch (ProviderException e)
        {
            Failure = e.Message;
        }

        // The last answer has logged the end of the run, unless more answers were expected. A run without answers or failure is not logged.
        if (Failure is not null || (_row.Pages > 0 && !_endLogged))
        {
            await CommitAsync(null, cancellationToken);
        }
    }

    private async Task FetchAsync(TimeRange gap, bool isLast, CancellationToken cancellationToken)
    {
        var from = gap.Start;
        await foreach (var page in _provider.FetchAsync(_ticker.Symbol, _request.Timeframe, gap, cancellationToken))
        {
            var checkedPage = CheckedPage.Of(page, gap, from, Settled, _ticker, _request.Timeframe);
            var completeUntil = BarGrid.Floor(_request.Timeframe, page.CompleteUntil);
            from = completeUntil > from ? completeUntil : from;
            await CommitAsync(
                new(
                    page,
                    checkedPage,
                    isLast && from >= gap.End,
                    _time.GetUtcNow(),
                    _options.KeepPayloads ? SyncLogRow.Compress(page.Payload) : null
                ),
                cancellationToken
            );
            if (checkedPage.Unreadable)
            {
                var fault = checkedPage.Rejected.First(fault => fault.Timestamp is null);
                throw new ProviderException($"{_provider.Name}: bars without a time that can be read ({fault}).");
            }
        }
    }

    private sealed record Answer(ProviderPage Page, CheckedPage Checked, bool IsLast, DateTimeOffset ReceivedAt, byte[]? Compressed);

    // Commits in one transaction the bars of an answer, the ranges it covers, the log row and the payload. Without an answer, only the end
    // of the run is logged.
    private async Task CommitAsync(Answer? answer, CancellationToken cancellationToken)
    {
        var (bars, rejected) = answer is null ? ([], []) : (answer.Checked.Bars, answer.Checked.Rejected);
        var fetched = Fetched + (answer is null ? 0 : answer.Page.Bars.Count + answer.Page.Faults.Count);
        var faults = _faults.Concat(rejected).Take(MaxReasons).ToList();
        var error = answer is { IsLast: false } ? SyncLogRow.NotEnded : ErrorWith(Failure, Rejected + rejected.Count, faults);
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
        _endLogged = answer is null or { IsLast: true };
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
                await SyncCoverageStore.AddAsync(connection, _ticker.Id, _request.Timeframe, _provider.Name, answer.Checked.Covered, token);
                if (answer.Compressed is { } compressed)
                {
                    await _row.StorePayloadAsync(connection, draft.Id, answer.Page, compressed, answer.ReceivedAt, token);
                }
            }
        }
    }

    // A transaction without bars, under the same fence and window lock as a write.
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

        if (_gapsLeft > 0)
        {
            parts.Add(FormattableString.Invariant($"{_gapsLeft} older gaps are left for the next run"));
        }

        return parts.Count == 0 ? null : string.Join(" | ", parts);
    }
}
