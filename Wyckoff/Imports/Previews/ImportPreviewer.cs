using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Npgsql;
using Wyckoff.Bars;
using Wyckoff.Bars.Writing;
using Wyckoff.Imports.Opening;
using Wyckoff.Imports.Records;
using Wyckoff.Postgres;
using Wyckoff.Tickers;

namespace Wyckoff.Imports.Previews;

/// <summary>
/// Shows what an import would do with a file. Reads only the first rows, in the same way as the import, and writes nothing.
/// </summary>
public sealed class ImportPreviewer(NpgsqlDataSource source, TickerDirectory tickers, IOptions<SpoolOptions> spools, TimeProvider time)
{
    /// <summary>How many rows of a file are read. Rows of Parquet files come in batches of a few thousand.</summary>
    public const int MaxRows = 1_000;

    /// <summary>
    /// How many bytes of a file are read, and how many of its text when it is unpacked. The layout is detected in the first MiB of UTF-8,
    /// which may be 2 MiB in another encoding.
    /// </summary>
    public const int MaxBytes = 4 << 20;

    /// <summary>How many entries of an archive are previewed.</summary>
    public const int MaxEntries = 20;

    /// <summary>How many series of a file are compared with the stored bars.</summary>
    public const int MaxSeries = 20;

    /// <summary>Files on disk up to this size are hashed, which tells whether they were imported before.</summary>
    public const long MaxHashed = 16 << 20;

    /// <summary>A Parquet file in an archive has to be unpacked first. Larger ones are not.</summary>
    public const long MaxUnpacked = 64 << 20;

    private const int ShownBars = 5;
    private const int ShownDifferences = 3;

    /// <summary>Previews a file on disk under its full path, as the import names it.</summary>
    public async Task<ImportPreview> PreviewAsync(string path, ImportOptions options, CancellationToken cancellationToken)
    {
        await using var file = new FileStream(
            path,
            new FileStreamOptions
            {
                Access = FileAccess.Read,
                BufferSize = 0,
                Options = FileOptions.Asynchronous,
            }
        );
        return await PreviewAsync(file, Path.GetFullPath(path), options, cancellationToken);
    }

    /// <summary>
    /// Previews a stream. Of text and gzip only the beginning is read; zip and Parquet are first copied to a file, since they are read
    /// from their end.
    /// </summary>
    public async Task<ImportPreview> PreviewAsync(
        Stream stream,
        string name,
        long? size,
        ImportOptions options,
        CancellationToken cancellationToken
    )
    {
        await using var metered = new MeteredStream(stream);
        var begin = await metered.PeekAsync(FileSniffer.HeadLength, cancellationToken);
        if (!FileSniffer.IsZip(begin.Span) && !FileSniffer.IsParquet(begin.Span))
        {
            await using var head = new MeteredStream(new HeadStream(metered, MaxBytes), hash: true);
            return new([await PreviewAsync(new InputFile(name, ImportStore.Unhashed, size, head), options, cancellationToken)]);
        }

        FileStream file;
        try
        {
            file = await Spool.FillAsync(metered, size, spools.Value.MaxSpool, cancellationToken);
        }
        catch (ImportRefusedException e)
        {
            return new([await PreviewAsync(Refused(name, ImportStore.Unhashed, size, e), options, cancellationToken)]);
        }

        await using (file)
        {
            return await PreviewAsync(file, name, options, cancellationToken);
        }
    }

    private async Task<ImportPreview> PreviewAsync(FileStream file, string name, ImportOptions options, CancellationToken cancellationToken)
    {
        var sha256 = ImportStore.Unhashed;
        if (file.Length <= MaxHashed)
        {
            sha256 = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken));
            file.Position = 0;
        }

        if (await FileSniffer.IsZipAsync(file, cancellationToken))
        {
            return await PreviewArchiveAsync(file, name, sha256, options, cancellationToken);
        }

        await using var head = new MeteredStream(new HeadStream(file, MaxBytes));
        return new([await PreviewAsync(new InputFile(name, sha256, file.Length, head) { File = file }, options, cancellationToken)]);
    }

    private async Task<ImportPreview> PreviewArchiveAsync(
        FileStream file,
        string name,
        string sha256,
        ImportOptions options,
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
            return new([await PreviewAsync(Refused(name, sha256, file.Length, e), options, cancellationToken)]);
        }

        await using (archive)
        {
            var files = new List<FilePreview>();
            foreach (var entry in archive.Entries.Take(MaxEntries))
            {
                var input = await archive.OpenAsync(entry, cancellationToken);
                await using var content = input.Stream;
                files.Add(await PreviewAsync(input, options, cancellationToken));
            }

            return new(files, archive.Entries.Count - files.Count);
        }
    }

    private static InputFile Refused(string name, string sha256, long? size, ImportRefusedException refusal) =>
        new(name, sha256, size, null) { Refusal = refusal };

    private async Task<FilePreview> PreviewAsync(InputFile input, ImportOptions options, CancellationToken cancellationToken)
    {
        var preview = new FilePreview { File = input.Name, Size = input.Size };
        if (input is { File: null, Stream: { } packed, Size: > MaxUnpacked } && await IsParquetAsync(packed, cancellationToken))
        {
            return preview with
            {
                Notes = [$"There is no preview of a Parquet file of more than {MaxUnpacked >> 20} MiB in an archive: unpack it first."],
            };
        }

        using var batch = new RowBatch { MaxRows = MaxRows };
        BarFile? file = null;
        ImportRefusedException? refusal = null;
        var ended = false;
        try
        {
            options = options with { NegativePrices = await NegativePrices.LoadAsync(tickers, options.AllowNegative, cancellationToken) };
            file = await input.OpenAsync(options, spools.Value.MaxSpool, time, cancellationToken, MaxBytes);
            while (!batch.IsFull && !ended)
            {
                ended = !await file.ReadAsync(batch, cancellationToken);
            }
        }
        catch (ImportRefusedException e)
        {
            refusal = e;
        }
        catch (HeadEndException)
        {
            // The rows before the end of the head are in the batch.
        }

        await using (file)
        {
            List<RejectedRow> rejects = [.. batch.Rejects];
            if (refusal is { Line: > 0 })
            {
                rejects.Add(new(refusal.Line, refusal.Text.Replace('\0', '\uFFFD'), refusal.Message));
            }

            preview = preview with
            {
                Error = refusal?.Message ?? ErrorOf(batch, ended, options),
                Layout = file?.Layout,
                Notes = file?.Layout is null && refusal is null ? ["The beginning of the file holds no text."] : file?.Notes ?? [],
                Rows = batch.Count + rejects.Count,
                IsWhole = ended,
                Rejected = rejects.Count,
                FirstRejects =
                [
                    .. rejects
                        .Take(ImportRunner.ShownRejects)
                        .Select(row => new ImportReject
                        {
                            BatchId = 0,
                            LineNumber = row.Line,
                            Text = row.Text,
                            Reason = row.Reason,
                        }),
                ],
            };
        }

        var sha256 = input.Sha256 != ImportStore.Unhashed || !ended ? input.Sha256 : await HashAsync(input.Stream!, cancellationToken);
        batch.Group(carry: null);
        return await Database.OnLiveAsync(
            source,
            async (connection, token) =>
            {
                await using (connection)
                {
                    return await CompareAsync(connection, preview, batch, input, sha256, options, token);
                }
            },
            _ => { },
            cancellationToken
        );
    }

    private static async Task<FilePreview> CompareAsync(
        NpgsqlConnection connection,
        FilePreview preview,
        RowBatch batch,
        InputFile input,
        string sha256,
        ImportOptions options,
        CancellationToken cancellationToken
    )
    {
        var stored = new StoredSample(connection, input.Name, options);
        await stored.LoadTickersAsync(batch.Runs.Select(run => run.Series.Symbol).Distinct(), cancellationToken);
        var series = new List<SeriesPreview>();
        foreach (var run in batch.Runs.Take(MaxSeries))
        {
            series.Add(await stored.CompareAsync(run, ShownDifferences, cancellationToken));
        }

        var conflict = series.Find(one => one.Differing > 0);
        var error =
            preview.Error is null && options.Policy == ConflictPolicy.Fail && conflict is not null
                ? new BarConflictException(conflict.Symbol, conflict.Timeframe, conflict.FirstDifferences[0].File.Timestamp).Message
                : preview.Error;
        // If the file fails, no row is sure to be imported.
        var rounded = error is null ? Enumerable.Range(0, ImportPipeline.Lanes).Sum(batch.RoundedIn) : 0;
        return preview with
        {
            Notes = [.. preview.Notes, .. stored.Findings.Notes, .. ImportRunner.RoundedNotes(rounded, options)],
            Error = error,
            Rounded = rounded,
            FirstBars = [.. Enumerable.Range(0, Math.Min(batch.Count, ShownBars)).Select(index => Shown(batch[index], stored))],
            Series = series,
            SeriesNotShown = batch.Runs.Count - series.Count,
            Earlier =
                sha256 == ImportStore.Unhashed
                    ? null
                    : await ImportQueries.OfContentAsync(connection, input.Name, sha256, cancellationToken),
            // An upload is hashed while it is imported, so it is always read.
            AlreadyImportedBy =
                input.Sha256 == ImportStore.Unhashed || options.Force
                    ? null
                    : await ImportStore.FindCompletedAsync(connection, input.Name, sha256, options, cancellationToken),
        };
    }

    private static PreviewedBar Shown((Series Series, IncomingBar Bar) row, StoredSample stored)
    {
        var bar = row.Bar;
        if (row.Series.Timeframe.IsDaily)
        {
            var zone = stored.Ticker(row.Series.Symbol).Ticker.TimeZone;
            bar = bar with { Time = new SessionClock(TimeZoneInfo.FindSystemTimeZoneById(zone)).DailyTimestamp(bar.Time) };
        }

        return new(row.Series.Symbol, row.Series.Timeframe, bar);
    }

    /// <summary>Why the import would fail because of its rejects; null if it would not.</summary>
    private static string? ErrorOf(RowBatch batch, bool isWhole, ImportOptions options) =>
        options.MaxRejects is { } max && batch.Rejects.Count > max
            ? ImportRefusedException.TooManyRejects(max, batch.Rejects[(int)max]).Message
        : isWhole && batch.Count == 0 && batch.Rejects.Count > 0
            ? ImportRefusedException.AllRejected(batch.Rejects.Count, batch.Rejects[0].Line, batch.Rejects[0].Reason)
        : null;

    /// <summary>The hash of a stream of which all rows were read.</summary>
    private static async Task<string> HashAsync(MeteredStream stream, CancellationToken cancellationToken)
    {
        try
        {
            // Something may follow the packed rows.
            await stream.CopyToAsync(Stream.Null, cancellationToken);
            return Convert.ToHexStringLower(stream.Hash());
        }
        catch (HeadEndException)
        {
            return ImportStore.Unhashed;
        }
    }

    private static async Task<bool> IsParquetAsync(MeteredStream stream, CancellationToken cancellationToken) =>
        FileSniffer.IsParquet((await stream.PeekAsync(FileSniffer.HeadLength, cancellationToken)).Span);
}
