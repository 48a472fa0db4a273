using System.ComponentModel.DataAnnotations;

namespace Wyckoff.Postgres;

/// <summary>Settings of the connections to PostgreSQL, section <c>Wyckoff:Database</c>. The connection string overrides them.</summary>
public sealed class DatabaseOptions : IValidatableObject
{
    public const string Section = "Wyckoff:Database";

    /// <summary>Connections kept open when idle, so that requests find connections with filled catalog caches.</summary>
    [Range(0, 1000)]
    public int MinPoolSize { get; set; } = 5;

    /// <summary>The largest size of each pool. Version checks may occupy three connections of the read pool.</summary>
    [Range(4, 1000)]
    public int MaxPoolSize { get; set; } = 20;

    /// <summary>How long a request may wait for a free connection.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan PoolWait { get; set; } = TimeSpan.FromSeconds(15);

    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan KeepAlive { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>A connection is closed after this time, so that the pool follows a failover and server processes release memory.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "7.00:00:00")]
    public TimeSpan ConnectionLifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How long a starting service waits for the database to answer and to have the service's schema version.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan StartupWait { get; set; } = TimeSpan.FromMinutes(1);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (MinPoolSize > MaxPoolSize)
        {
            yield return new(
                $"{Section}:{nameof(MinPoolSize)} ({MinPoolSize}) may not exceed {nameof(MaxPoolSize)} ({MaxPoolSize}).",
                [nameof(MinPoolSize)]
            );
        }
    }
}
