using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using Wyckoff.Bars.Writing;
using Wyckoff.Imports.Guessing;
using Wyckoff.Imports.Opening;
using Wyckoff.Imports.Records;
using Wyckoff.Postgres;
using Wyckoff.Primitives;
using Wyckoff.Sync;
using Wyckoff.Telemetry;
using Wyckoff.Tickers;

namespace Wyckoff.Imports;

/// <summary>
/// Imports files of bars into the database. Each file, and each entry of an archive, is a separate import in market.import_batches. Each
/// batch of rows is committed together with its counts and rejects. Importing the same file again resumes an import that died.
/// </summary>
public sealed class ImportRunner(
    NpgsqlDataSource source,
    BarWriter writer,
    TickerDirectory tickers,
    IOptions<SpoolOptions> spools,
    TimeProvider time,
    ILogger<ImportRunner> logger
)
{
    /// <summary>How many rejects a result contains.</summary>
    public const int ShownRejects = 3;

    // A transaction locks each of its series, so their number is limited.
    private const int MaxSeriesPerTransaction = 200;

    private readonly ImportStore _store = new(source);

    /// <summary>Imports a file on disk under its full path, whose folders may say more about the bars.</summary>
    /// <param name="path">The path of the file.</param>
    /// <param name="options">How to import it.</param>
    /// <param name="progress">Receives the progress.</param>
    /// <param name="cancellationToken">Stops the import; committed batches stay.</param>
    public Task<IReadOnlyList<ImportResult>> ImportAsync(
        string path,
        ImportOptions options,
        ImportProgress progress,
        CancellationToken cancellationToken
    ) => ImportAsync(path, Path.GetFullPath(path), options, progress, cancellationToken);

    /// <summary>Imports a file on disk under a name other than its path. Symbol and timeframe may be read from the name.</summary>
    public async Task<IReadOnlyList<ImportResult>> ImportAsync(
        string path,
        string name,
        ImportOptions options,
        ImportProgress progress,
        CancellationToken cancellationToken
    )
    {
        await using var file = new FileStream(
            path,
            new FileStreamOptions
            {
                Access = FileAccess.Read,
                BufferSize = 0,
                Options = FileOptions.Asynchronous | FileOptions.SequentialScan,
            }
        );
        return await ImportAsync(file, name, options, progress, cancellationToken);
    }

    /// <summary>
    /// Imports a stream. Text and gzip are read as they arrive; zip and Parquet are first copied to a file, since they are read from their
    /// end.
    /// </summary>
    /// <remarks>The hash of a stream is known only at its end, so a stream is read even if its content was imported before.</remarks>
    public async Task<IReadOnlyList<ImportResult>> ImportAsync(
        Stream stream,
        string name,
        long? size,
        ImportOptions options,
        ImportProgress progress,
        CancellationToken cancellationToken
    )
    {
        await using var metered = new MeteredStream(stream, hash: true);
        var head = await metered.PeekAsync(FileSniffer.HeadLength, cancellationToken);
        if (!FileSniffer.IsZip(head.Span) && !FileSniffer.IsParquet(head.Span))
        {
            return [await ImportOneAsync(new(name, ImportStore.Unhashed, size, metered), options, progress, cancellationToken)];
        }

        FileStream file;
        try
        {
            file = await Spool.FillAsync(metered, size, spools.Value.MaxSpool, cancellationToken);
        }
        catch (ImportRefusedException e)
        {
            return [await RefuseAsync(new(name, ImportStore.Unhashed, size, null), e.Message, options, cancellationToken)];
        }

        await using (file)
        {
            return await ImportAsync(file, name, options, progress, cancellationToken);
        }
    }

    private async Task<IReadOnlyList<ImportResult>> ImportAsync(
        FileStream file,
        string name,
        ImportOptions options,
        ImportProgress progress,
        CancellationToken cancellationToken
    )
    {
        // The hash comes first: it tells whether the file was imported before, or whether an import can be resumed.
        var sha256 = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken));
        file.Position = 0;
        if (await FileSniffer.IsZipAsync(file, cancellationToken))
        {
            return await ImportArchiveAsync(file, name, sha256, options, progress, cancellationToken);
        }

        await using var metered = new MeteredStream(file);
        return [await ImportOneAsync(new(name, sha256, file.Length, metered) { File = file }, options, progress, cancellationToken)];
    }

    private async Task<IReadOnlyList<ImportResult>> ImportArchiveAsync(
        FileStream file,
        string name,
        string sha256,
        ImportOptions options,
        ImportProgress progress,
        CancellationToken cancellationToken
    )
    {
        InputArchive archive;
        try
        {
            archive = await InputArchive.OpenAsync(file, name, sha256, cancellationToken);
        }
        catch (ImportRefusedException e)
        {
            return [await RefuseAsync(new(name, sha256, file.Length, null), e.Message, options, cancellationToken)];
        }

        await using (archive)
        {
            var results = new List<ImportResult>();
            foreach (var entry in archive.Entries)
            {
                var input = await archive.OpenAsync(entry, cancellationToken);
                await using var content = input.Stream;
                results.Add(await ImportOneAsync(input, options, progress, cancellationToken));
            }

            return results;
        }
    }

    /// <summary>What a result says of rows whose numbers were rounded; nothing if there are none.</summary>
    internal static string[] RoundedNotes(long rows, ImportOptions options)
    {
        var (row, decimals) = (rows == 1 ? "row" : "rows", options.Round == 1 ? "decimal" : "decimals");
        var note = string.Create(
            CultureInfo.InvariantCulture,
            $"Numbers of {rows} {row} were rounded to {options.Round} {decimals} (--round)."
        );
        return rows == 0 ? [] : [note];
    }

    /// <summary>Closes imports whose process has died. To be called when a process starts.</summary>
    public async Task CloseInterruptedAsync(CancellationToken cancellationToken)
    {
        if (await _store.CloseInterruptedAsync(cancellationToken) is > 0 and var closed)
        {
            logger.Interrupted(closed);
        }
    }

    private Task<ImportResult> RefuseAsync(InputFile input, string reason, ImportOptions options, CancellationToken cancellationToken) =>
        ImportOneAsync(input with { Refusal = new(reason, 1, "") }, options, new(), cancellationToken);

    private async Task<ImportResult> ImportOneAsync(
        InputFile input,
        ImportOptions options,
        ImportProgress progress,
        CancellationToken cancellationToken
    )
    {
        using var activity = MarketDataTraces.Import(input.Name);
        var started = time.GetTimestamp();
        var (running, completed) = await _store.BeginAsync(input.Name, input.Sha256, input.Size, options, options.Force, cancellationToken);
        if (running is null)
        {
            logger.ImportedBefore(input.Name, completed);
            return new()
            {
                Id = completed,
                File = input.Name,
                Status = ImportStatus.Completed,
                AlreadyThere = true,
            };
        }

        await using var import = running;
        var tally = new Tally(import.Id);
        var findings = new ImportFindings();
        string? error = null;
        IReadOnlyList<string> notes = [];
        try
        {
            progress.Begin(new(input.Name, input.Size, () => input.Stream?.Position ?? 0));
            options = options with { NegativePrices = await NegativePrices.LoadAsync(tickers, options.AllowNegative, cancellationToken) };
            await using var file = await input.OpenAsync(options, spools.Value.MaxSpool, time, cancellationToken);
            try
            {
                await new ImportPipeline(time, ImportPipeline.Lanes).RunAsync(
                    file,
                    () => file.Position ?? input.Stream!.Position,
                    options.RollUp,
                    (batch, token) => AdmitAsync(batch, options, tally, progress, token),
                    (batch, lane, token) => WriteAsync(batch, lane, import, input.Name, options, tally, findings, progress, token),
                    cancellationToken
                );
            }
            finally
            {
                notes = file.Notes;
            }
        }
        catch (ImportRefusedException e)
        {
            error = WithCommitted(e.Message, tally);
            if (e.Line > 0)
            {
                RejectedRow[] row = [new(e.Line, e.Text.Replace('\0', '\uFFFD'), e.Message)];
                await _store.RecordAsync(import.Id, row, input.Stream?.Position ?? 0, cancellationToken);
                tally.Reject(row);
                progress.Add(0, 1);
            }
        }
        catch (BarConflictException e)
        {
            error = WithCommitted(e.Message, tally);
        }
        catch (Exception e)
        {
            if (e is not (OperationCanceledException or IOException) && !DatabaseFaults.IsAway(e))
            {
                logger.FailedUnexpectedly(e, input.Name);
            }

            await FailAsync(
                import.Id,
                e is OperationCanceledException ? WithCommitted("The import was stopped.", tally) : WithCommitted(e.Message, tally)
            );
            throw;
        }

        error ??= tally.AllRejected;
        var status = error is null ? ImportStatus.Completed : ImportStatus.Failed;
        var streamed = input.Sha256 == ImportStore.Unhashed;
        await _store.FinishAsync(
            import.Id,
            status,
            error,
            streamed && error is null ? Convert.ToHexStringLower(input.Stream!.Hash()) : null,
            streamed && error is null ? input.Stream!.Position : null,
            cancellationToken
        );
        var result = tally.Result() with
        {
            File = input.Name,
            Status = status,
            Error = error,
            Notes = [.. notes, .. findings.Notes, .. RoundedNotes(tally.Rounded, options)],
            Resumed = import.Resumed,
            Took = time.GetElapsedTime(started),
        };
        logger.Imported(
            input.Name,
            result.Id,
            EnumText.Of(status),
            result.Read,
            result.Inserted,
            result.Updated,
            result.Skipped,
            result.Rejected,
            result.Took.TotalSeconds
        );
        return result;
    }

    /// <summary>
    /// Ends the import if a batch exceeds the allowed number of rejects. Its rejects are recorded, its bars are not written.
    /// </summary>
    private async Task AdmitAsync(
        RowBatch batch,
        ImportOptions options,
        Tally tally,
        ImportProgress progress,
        CancellationToken cancellationToken
    )
    {
        if (options.MaxRejects is not { } max || tally.AdmittedRejects + batch.Rejects.Count <= max)
        {
            tally.AdmittedRejects += batch.Rejects.Count;
            return;
        }

        var kept = batch.Rejects.Take((int)Math.Min(max - tally.AdmittedRejects + 1, batch.Rejects.Count)).ToList();
        await _store.RecordAsync(tally.Id, kept, batch.BytesRead, cancellationToken);
        tally.Reject(kept);
        progress.Add(0, kept.Count);
        throw ImportRefusedException.TooManyRejects(max, kept[^1]);
    }

    private async Task WriteAsync(
        RowBatch batch,
        int lane,
        RunningImport import,
        string file,
        ImportOptions options,
        Tally tally,
        ImportFindings findings,
        ImportProgress progress,
        CancellationToken cancellationToken
    )
    {
        // Rejects belong to no symbol, so the first lane records them.
        IReadOnlyList<RejectedRow> rejects = lane == 0 ? batch.Rejects : [];
        var rounded = batch.RoundedIn(lane);
        var slices = batch.Runs.Where(run => run.Series.Lane == lane).Chunk(MaxSeriesPerTransaction).ToList();
        if (slices.Count == 0 && rejects.Count > 0)
        {
            await _store.RecordAsync(import.Id, rejects, batch.BytesRead, cancellationToken);
            tally.Reject(rejects);
            progress.Add(rejects.Count, rejects.Count);
        }

        foreach (var runs in slices)
        {
            var sets = new List<BarSet>(runs.Length);
            foreach (var run in runs)
            {
                var ticker = await TickerAsync(run, file, options, findings, cancellationToken);
                sets.Add(new(ticker.Id, run.Series.Timeframe, run.Bars));
            }

            var (sliceRejects, sliceRounded) = (rejects, rounded);
            var written = await writer.WriteAsync(
                sets,
                new()
                {
                    Source = options.Source,
                    Policy = options.Policy,
                    ImportId = import.Id,
                    RollUp = options.RollUp,
                    Derive = options.Derive,
                    After = async (connection, result, token) =>
                    {
                        if (batch.Rejects.Count == 0)
                        {
                            // A batch with rejects is not recorded as coverage: a provider may have the bars of the rejected rows.
                            await SyncCoverageStore.AddImportedAsync(connection, tickers, import.Id, sets, token);
                        }

                        // Last, because all lanes update the same row and this statement locks it until the commit.
                        await ImportStore.RecordAsync(
                            connection,
                            import.Id,
                            Counted(result),
                            [.. sets.Select(set => set.TickerId).Distinct()],
                            sliceRejects,
                            sliceRounded,
                            batch.BytesRead,
                            token
                        );
                    },
                },
                cancellationToken
            );
            tally.Add(Counted(written), rounded);
            tally.Reject(rejects);
            progress.Add(runs.Sum(run => run.Bars.Length) + rejects.Count, rejects.Count);
            (rejects, rounded) = ([], 0);
        }

        // Bars that the import stored before it died count as inserted again, as if it had not died.
        BarWriteResult Counted(BarWriteResult result) =>
            import.Resumed ? result with { Inserted = result.Inserted + result.Own, Skipped = result.Skipped - result.Own } : result;
    }

    /// <summary>
    /// The ticker of a run. A new one gets the asset type and the zone that file and symbol show; a stored one stays as it is, and its bars
    /// are compared with the first of the run.
    /// </summary>
    private async ValueTask<TickerRef> TickerAsync(
        Run run,
        string file,
        ImportOptions options,
        ImportFindings findings,
        CancellationToken cancellationToken
    )
    {
        var isFirst = findings.ShouldCompare(run.Series);
        if (await tickers.FindAsync(run.Series.Symbol, cancellationToken) is { } stored)
        {
            if (isFirst)
            {
                await using var connection = await source.OpenConnectionAsync(cancellationToken);
                if (await PriceJumps.FindAsync(connection, stored.Id, run.Series, run.Bars.Span[0], cancellationToken) is { } jump)
                {
                    findings.AddJump(jump);
                }
            }

            return stored;
        }

        var guess = InstrumentGuess.Of(run.Series.Symbol, file, options);
        findings.AddGuess(run.Series.Symbol, guess);
        return await tickers.GetOrAddAsync(run.Series.Symbol, cancellationToken, guess.Timezone, guess.AssetType, options.AllowNegative);
    }

    private async Task FailAsync(long id, string error)
    {
        try
        {
            // The caller's token may be cancelled already, so the status is saved under a token of its own.
            using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(3), time);
            await _store.FinishAsync(id, ImportStatus.Failed, error, null, null, timeout.Token);
        }
        catch (Exception e) when (e is OperationCanceledException || DatabaseFaults.IsAny(e))
        {
            logger.NotMarkedAsFailed(id, e.Message);
        }
    }

    private static string WithCommitted(string reason, Tally tally) =>
        tally.Committed == 0
            ? reason
            : string.Create(CultureInfo.InvariantCulture, $"{reason} {tally.Committed} rows were committed before that and stay.");

    /// <summary>Counts what happens to the rows of one import.</summary>
    private sealed class Tally(long id)
    {
        private readonly Lock _lock = new();
        private readonly List<ImportReject> _first = [];
        private long _inserted;
        private long _updated;
        private long _skipped;
        private long _duplicates;
        private long _differing;

        public long Id => id;

        /// <summary>Rejects of all admitted batches, including those not written yet.</summary>
        public long AdmittedRejects { get; set; }

        public long Rejected { get; private set; }

        /// <summary>Written rows of which a number was rounded.</summary>
        public long Rounded { get; private set; }

        /// <summary>Rows whose bars are in the database.</summary>
        public long Committed => _inserted + _updated + _skipped;

        /// <summary>What to say of a file of which no row was imported; null if it had none, or one was.</summary>
        public string? AllRejected =>
            Committed == 0 && Rejected > 0 ? ImportRefusedException.AllRejected(Rejected, _first[0].LineNumber, _first[0].Reason) : null;

        public void Add(BarWriteResult written, int rounded)
        {
            lock (_lock)
            {
                Rounded += rounded;
                _inserted += written.Inserted;
                _updated += written.Updated;
                _skipped += written.Skipped + written.Duplicates;
                _duplicates += written.Duplicates;
                _differing += written.Differing;
            }

            ImportTelemetry.Wrote(written);
        }

        public void Reject(IReadOnlyList<RejectedRow> rows)
        {
            lock (_lock)
            {
                Rejected += rows.Count;
                _first.AddRange(
                    rows.Take(ShownRejects - _first.Count)
                        .Select(row => new ImportReject
                        {
                            BatchId = id,
                            LineNumber = row.Line,
                            Text = row.Text,
                            Reason = row.Reason,
                        })
                );
            }

            ImportTelemetry.Rejected(rows.Count);
        }

        public ImportResult Result() =>
            new()
            {
                Id = id,
                File = "",
                Status = ImportStatus.Running,
                Inserted = _inserted,
                Updated = _updated,
                Skipped = _skipped,
                Duplicates = _duplicates,
                Differing = _differing,
                Rejected = Rejected,
                Rounded = Rounded,
                FirstRejects = _first,
            };
    }
}
