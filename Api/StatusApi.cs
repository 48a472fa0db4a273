using Wyckoff.Api.Access;
using Wyckoff.Api.Binding;
using Wyckoff.Api.Errors;
using Wyckoff.Api.OpenApi;
using Wyckoff.Api.Status;

namespace Wyckoff.Api;

/// <summary>Reports the state of the system for people and dashboards. Probes use <c>/health</c>.</summary>
public static class StatusApi
{
    private const string Example = """
        {
          "state": "ok",
          "service": {"version": "1.0.0", "host": "market-1", "startedAt": "2024-06-03T06:00:00Z", "uptimeSeconds": 50400},
          "database": {
            "latencyMs": 0.21, "server": "17.2", "edition": "Community", "timescaledb": "2.19.3",
            "capabilities": "hypertables, compression, continuous aggregates and policies are in force",
            "schema": "Ingestion", "pool": {"open": 5, "idle": 4, "waiting": 0}, "state": "ok", "error": null
          },
          "migrations": {
            "applied": ["Initial", "Ingestion"],
            "runs": [
              {
                "from": "Initial", "to": "Ingestion", "startedAt": "2024-06-01T07:59:50Z", "durationMs": 830.5, "outcome": "completed",
                "productVersion": "1.0.0"
              }
            ],
            "state": "ok", "error": null
          },
          "tables": {
            "databaseBytes": 734003200,
            "tables": [
              {
                "name": "market.bars_1m", "chunkInterval": "1 day", "chunks": 250, "compressedChunks": 243, "compressedShare": 0.972,
                "compressionRatio": 6.1, "rows": 9750000, "bytes": 312000000
              }
            ],
            "state": "ok", "error": null
          },
          "jobs": {
            "jobs": [
              {
                "id": 1000, "kind": "compression", "table": "market.bars_1m", "interval": "12:00:00", "isScheduled": true,
                "lastRunAt": "2024-06-03T12:00:00Z", "lastResult": "success", "lastDurationMs": 410.2,
                "nextRunAt": "2024-06-04T00:00:00Z", "runs": 5, "failures": 0
              }
            ],
            "state": "ok", "error": null
          },
          "ingestion": {
            "timeframes": [{"timeframe": "1m", "tickers": 100, "newestEnds": "2024-06-03T20:00:00Z", "lagSeconds": 2}],
            "feeds": {"enabled": 100, "live": 100, "due": 0, "overdueSeconds": 0},
            "lastImport": {
              "id": 7, "status": "completed", "source": "import", "startedAt": "2024-06-01T08:00:00Z",
              "finishedAt": "2024-06-01T08:00:09Z", "inserted": 1000000, "rejected": 0
            },
            "state": "ok", "error": null
          },
          "cache": {
            "inProcess": true, "redis": true, "windows": 120, "bytes": 6144000, "processHits": 98000, "redisHits": 1500,
            "rebuilds": 500, "processHitRatio": 0.98, "hitRatio": 0.995
          },
          "redis": {
            "latencyMs": 0.1, "version": "8.0.2", "usedBytes": 9437184, "maxBytes": 268435456, "policy": "allkeys-lru",
            "evictedKeys": 0, "state": "ok", "error": null
          },
          "replication": {
            "visible": true,
            "standbys": [{"name": "standby1", "state": "streaming", "sync": "async", "lagBytes": 0, "lagSeconds": null}],
            "hosts": {}, "state": "ok", "error": null
          }
        }
        """;

    public static void MapStatus(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1").WithTags("System");
        group
            .MapGet("/status", GetAsync)
            .Needs(EndpointAccess.Read)
            .WithName("GetStatus")
            .WithSummary("State of the system: service, database, migrations, tables, jobs, ingestion, cache, Redis, replication.")
            .WithDescription(
                "At most five seconds old, sizes at most a minute. A part that does not respond within three seconds is "
                    + "reported as away without delaying the others, so the status is always 200."
            )
            .Takes([])
            .Produces<StatusResponse>()
            .Fails(Problems.InvalidParameters)
            .Answers("application/json", Example);
    }

    private static async Task<IResult> GetAsync(HttpContext context, StatusSource status, CancellationToken cancellationToken)
    {
        var reader = new RequestReader(context, []);
        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        context.Response.Headers.CacheControl = "no-cache";
        return TypedResults.Ok(await status.GetAsync(cancellationToken));
    }
}
