using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Wyckoff.Hosting;
using Wyckoff.Imports;
using Wyckoff.Postgres;
using Wyckoff.Primitives;
using Wyckoff.Sync.Providers;

namespace Wyckoff.Ingestor.Sync;

/// <summary>
/// Imports files that appear or change under a folder. After a restart all files are offered again; the import skips those it already
/// knows.
/// </summary>
internal sealed class FolderWorker(ImportRunner import, IOptions<FeedOptions> options, TimeProvider time, ILogger<FolderWorker> logger)
    : Worker(time, logger)
{
    private readonly string _folder = options.Value.Folder!;
    private readonly FolderWatch _watch = new(options.Value.Folder!);
    private volatile IOException? _listingError;

    /// <summary>Scans the folder once and imports the files that are ready. If the database is away, the files stay ready.</summary>
    public async Task ScanAsync(CancellationToken cancellationToken)
    {
        foreach (var file in Files())
        {
            try
            {
                // Only the path below the folder counts, because symbols and timeframes are read from it.
                foreach (var result in await import.ImportAsync(file, Path.GetRelativePath(_folder, file), new(), new(), cancellationToken))
                {
                    Logger.FileImported(
                        result.File,
                        result.AlreadyThere ? "imported before" : EnumText.Of(result.Status),
                        result.Inserted,
                        result.Rejected,
                        result.Error
                    );
                }
            }
            catch (Exception e) when (e is not OperationCanceledException && !DatabaseFaults.IsAway(e))
            {
                // A file that fails does not keep the others from being imported.
                Logger.FileFailed(e, file);
            }

            _watch.MarkHandled(file);
        }
    }

    protected override HealthCheckResult Health() =>
        _listingError is null
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Degraded("the folder cannot be listed; the scan is retried");

    protected override async Task<bool> RoundAsync(CancellationToken stoppingToken)
    {
        await ScanAsync(stoppingToken);
        return true;
    }

    /// <summary>
    /// Returns the files that are ready; none if the folder cannot be listed, because a share may be mounted again at the next scan.
    /// </summary>
    private IReadOnlyList<string> Files()
    {
        try
        {
            var files = _watch.Scan();
            if (Interlocked.Exchange(ref _listingError, null) is not null)
            {
                Logger.FolderIsBack(_folder);
            }

            return files;
        }
        catch (IOException e)
        {
            if (Interlocked.Exchange(ref _listingError, e) is null)
            {
                Logger.FolderAway(_folder, e.Message);
            }

            return [];
        }
    }

    protected override Task WaitAsync(CancellationToken stoppingToken) => Task.Delay(options.Value.FolderPoll, Time, stoppingToken);
}
