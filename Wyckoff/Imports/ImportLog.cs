using Microsoft.Extensions.Logging;

namespace Wyckoff.Imports;

/// <summary>The log messages of imports; event ids start at 2100.</summary>
internal static partial class ImportLog
{
    [LoggerMessage(
        2100,
        LogLevel.Information,
        "Import {Id} of {File} {Status}: {Read} rows read, {Inserted} inserted, {Updated} updated, {Skipped} skipped, "
            + "{Rejected} rejected in {Seconds:0.0} s"
    )]
    public static partial void Imported(
        this ILogger logger,
        string file,
        long id,
        string status,
        long read,
        long inserted,
        long updated,
        long skipped,
        long rejected,
        double seconds
    );

    [LoggerMessage(2101, LogLevel.Information, "{File} was already imported by import {Id}")]
    public static partial void ImportedBefore(this ILogger logger, string file, long id);

    [LoggerMessage(
        2102,
        LogLevel.Warning,
        "Import {Id} failed, and its status could not be saved ({Reason}); importing the file again resumes it"
    )]
    public static partial void NotMarkedAsFailed(this ILogger logger, long id, string reason);

    [LoggerMessage(
        2103,
        LogLevel.Warning,
        "{Imports} imports were interrupted: their process ended. Importing the files again resumes them"
    )]
    public static partial void Interrupted(this ILogger logger, int imports);

    [LoggerMessage(2104, LogLevel.Error, "The import of {File} failed unexpectedly")]
    public static partial void FailedUnexpectedly(this ILogger logger, Exception exception, string file);

    [LoggerMessage(
        2105,
        LogLevel.Information,
        "Import {Id} is undone: {Removed} bars removed, {Restored} restored, {Kept} were overwritten or deleted since"
    )]
    public static partial void Undone(this ILogger logger, long id, long removed, long restored, long kept);

    [LoggerMessage(2106, LogLevel.Error, "Import {Id} could not be undone; the next start tries again")]
    public static partial void NotUndone(this ILogger logger, Exception exception, long id);

    [LoggerMessage(2107, LogLevel.Debug, "An undo collided with another transaction ({SqlState}); repeating attempt {Attempt}")]
    public static partial void UndoCollided(this ILogger logger, string sqlState, int attempt);
}
