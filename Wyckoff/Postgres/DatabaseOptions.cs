using System.ComponentModel.DataAnnotations;

namespace Wyckoff.Postgres;

/// <summary>How this process talks to PostgreSQL: section <c>Wyckoff:Database</c>. What the connection string says itself wins.</summary>
public sealed class DatabaseOptions : IValidatableObject
{
    public const string Section = "Wyckoff:Database";

    /// <summary>Connections kept open when idle, so that no request pays for catalog caches.</summary>
    [Range(0, 1000)]
    public int MinPoolSize { get; set; } = 5;

    /// <summary>Of the connections for reads, three may be taken up by questions about versions.</summary>
    [Range(4, 1000)]
    public int MaxPoolSize { get; set; } = 20;

    /// <summary>How long a request may wait for a free connection.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan PoolWait { get; set; } = TimeSpan.FromSeconds(15);

    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan KeepAlive { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>A connection is closed after this, so that the pool follows a failover and backends give their memory back.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "7.00:00:00")]
    public TimeSpan ConnectionLifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How long a service waits at start for the database to be there and at its schema version.</summary>
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
