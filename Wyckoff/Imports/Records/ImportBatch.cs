using System.Security.Cryptography;
using Wyckoff.Primitives;

namespace Wyckoff.Imports.Records;

public enum ImportStatus
{
    Running,
    Completed,
    Failed,

    /// <summary>The process ended before the import did. The same import, started again, resumes it.</summary>
    Interrupted,

    /// <summary>The bars of the import are being removed. If that was interrupted, undo it again.</summary>
    Undoing,

    /// <summary>The bars of the import are removed. The file counts as not imported.</summary>
    Undone,
}

/// <summary>The import of one file: a row of market.import_batches.</summary>
public sealed class ImportBatch
{
    private ImportBatch() { }

    /// <summary>
    /// Starts an import. The hash identifies a file that was imported before. Without symbol or timeframe, the rows or the file name give
    /// them.
    /// </summary>
    public ImportBatch(
        string file,
        ReadOnlySpan<byte> sha256,
        string source,
        DateTimeOffset startedAt,
        Symbol? symbol = null,
        Timeframe? timeframe = null
    )
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(file);
        ArgumentException.ThrowIfNullOrWhiteSpace(source);
        if (sha256.Length != SHA256.HashSizeInBytes)
        {
            throw new ArgumentException($"A SHA-256 has {SHA256.HashSizeInBytes} bytes; got {sha256.Length}.", nameof(sha256));
        }

        (File, Sha256, Source, StartedAt, Symbol, Timeframe) = (
            file,
            Convert.ToHexStringLower(sha256),
            source,
            startedAt,
            symbol?.Value,
            timeframe
        );
    }

    public long Id { get; private set; }

    public string File { get; private set; } = "";

    /// <summary>The hash of the file in lower-case hexadecimal digits.</summary>
    public string Sha256 { get; private set; } = "";

    public string Source { get; private set; } = "";

    public string? Symbol { get; private set; }

    public Timeframe? Timeframe { get; private set; }

    public ImportStatus Status { get; private set; }

    /// <summary>What happens to bars that exist already: skip, replace or fail.</summary>
    public string Policy { get; private set; } = "skip";

    /// <summary>The size of the file in bytes; null for a stream of unknown length.</summary>
    public long? Size { get; private set; }

    /// <summary>How many bytes of the file have been read.</summary>
    public long BytesRead { get; private set; }

    /// <summary>When a batch was last committed. A running import with an old heartbeat has died.</summary>
    public DateTimeOffset HeartbeatAt { get; private set; }

    public long RowsRead { get; private set; }

    public long RowsInserted { get; private set; }

    public long RowsUpdated { get; private set; }

    /// <summary>Valid rows whose bars existed already.</summary>
    public long RowsSkipped { get; private set; }

    /// <summary>Skipped rows whose values differ from those of the stored bar.</summary>
    public long RowsDiffering { get; private set; }

    public long RowsRejected { get; private set; }

    /// <summary>Rows of which a price or the volume was rounded.</summary>
    public long RowsRounded { get; private set; }

    public DateTimeOffset StartedAt { get; private set; }

    public DateTimeOffset? FinishedAt { get; private set; }

    public string? ErrorMessage { get; private set; }

    /// <summary>False once values that the import replaced are no longer kept.</summary>
    public bool CanUndo { get; private set; } = true;

    /// <summary>When the import was undone.</summary>
    public DateTimeOffset? UndoneAt { get; private set; }

    /// <summary>Bars that an undo deleted.</summary>
    public long BarsRemoved { get; private set; }

    /// <summary>Bars that an undo gave the values back that they had without this import.</summary>
    public long BarsRestored { get; private set; }

    /// <summary>Bars of the import that were overwritten or deleted before it was undone.</summary>
    public long BarsKept { get; private set; }

    /// <summary>The options of the import as JSON. The same file with other options is another import.</summary>
    public string Options { get; private set; } = "{}";

    /// <summary>The tickers whose bars the import wrote. A deleted one makes the file count as not imported.</summary>
    public int[] TickerIds { get; private set; } = [];

    /// <summary>Adds to the row counts.</summary>
    public void Count(long inserted = 0, long updated = 0, long skipped = 0, long rejected = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(inserted);
        ArgumentOutOfRangeException.ThrowIfNegative(updated);
        ArgumentOutOfRangeException.ThrowIfNegative(skipped);
        ArgumentOutOfRangeException.ThrowIfNegative(rejected);
        RequireRunning();
        RowsInserted += inserted;
        RowsUpdated += updated;
        RowsSkipped += skipped;
        RowsRejected += rejected;
        RowsRead += inserted + updated + skipped + rejected;
    }

    public void Complete(DateTimeOffset now) => Finish(ImportStatus.Completed, now);

    public void Fail(string error, DateTimeOffset now)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(error);
        Finish(ImportStatus.Failed, now);
        ErrorMessage = error;
    }

    private void Finish(ImportStatus status, DateTimeOffset now)
    {
        RequireRunning();
        if (now < StartedAt)
        {
            throw new ArgumentException($"An import ends after it starts ({StartedAt:O}); got {now:O}.", nameof(now));
        }

        (Status, FinishedAt) = (status, now);
    }

    private void RequireRunning()
    {
        if (Status != ImportStatus.Running)
        {
            throw new InvalidOperationException($"The import of {File} has ended ({Status}).");
        }
    }
}
