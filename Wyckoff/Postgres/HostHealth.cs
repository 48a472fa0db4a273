using System.Text.Json.Serialization;

namespace Wyckoff.Postgres;

/// <summary>The current role of a database server, or that it does not answer.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<HostState>))]
public enum HostState
{
    Away,
    Primary,
    Standby,
}

/// <summary>The health of one of several database servers; for a standby, how far its replay lags behind the primary.</summary>
public sealed record HostHealth(
    [property: JsonPropertyName("state")] HostState State,
    [property: JsonPropertyName("lagBytes"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? LagBytes,
    [property: JsonPropertyName("lagSeconds"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? LagSeconds
);
