using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Wyckoff.Hosting;
using Wyckoff.Imports;
using Wyckoff.Postgres;
using Wyckoff.Primitives;
using Wyckoff.Sync.Providers;

namespace Wyckoff.Ingestor.Sync;

/// <summary>Imports the files that appear or change under a folder. After a restart all are offered again: the import knows files it has had.</summary>
internal sealed class FolderWorker(ImportRunner import, IOptions<FeedOptions> options, TimeProvider time, ILogger<FolderWorker> logger)
    : Worker(time, logger)
{
    private readonly string _folder = options.Value.Folder!;
    private readonly FolderWatch _watch = new(options.Value.Folder!);
    private volatile IOException? _away;

    /// <summary>One look, and the files that are ready. While the database is away, they stay ready.</summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        foreach (var file in Files())
        {
            try
            {
                // By its path below the folder, not above: symbols and timeframes are read from it.
                foreach (var result in await import.ImportAsync(file, Path.GetRelativePath(_folder, file), new(), new(), cancellationToken))
                {
                    Logger.FileTaken(
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
                // One bad file is no reason to leave the others.
                Logger.FileFailed(e, file);
            }

            _watch.Handled(file);
        }
    }

    protected override HealthCheckResult Health() =>
        _away is null ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded("the folder cannot be listed; it is looked at again");

    protected override async Task<bool> RoundAsync(CancellationToken stoppingToken)
    {
        await LookAsync(stoppingToken);
        return true;
    }

    /// <summary>A share that is not mounted now may be back at the next look.</summary>
    private IReadOnlyList<string> Files()
    {
        try
        {
            var files = _watch.Look();
            if (Interlocked.Exchange(ref _away, null) is not null)
            {
                Logger.FolderIsBack(_folder);
            }

            return files;
        }
        catch (IOException e)
        {
            if (Interlocked.Exchange(ref _away, e) is null)
            {
                Logger.FolderAway(_folder, e.Message);
            }

            return [];
        }
    }

    protected override Task WaitAsync(CancellationToken stoppingToken) => Task.Delay(options.Value.FolderPoll, Time, stoppingToken);
}
