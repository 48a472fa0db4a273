using System.Diagnostics.CodeAnalysis;

namespace Wyckoff.Sync.Providers;

/// <summary>The provider is not configured, or does not have the timeframe.</summary>
public sealed class NoSuchProviderException(string message) : RefusalException(message);

/// <summary>The configured providers.</summary>
public sealed class BarProviders(IEnumerable<IBarProvider> providers)
{
    private readonly Dictionary<string, IBarProvider> _byName = providers.ToDictionary(
        provider => provider.Name,
        StringComparer.OrdinalIgnoreCase
    );

    public IReadOnlyCollection<string> Names => _byName.Keys;

    public IEnumerable<IBarProvider> All => _byName.Values.OrderBy(provider => provider.Name, StringComparer.Ordinal);

    /// <summary>Finds the provider of this name; without a name, the only configured one.</summary>
    public bool TryGet(string? name, [NotNullWhen(true)] out IBarProvider? provider, [NotNullWhen(false)] out string? reason)
    {
        provider = name is null ? (_byName.Count == 1 ? _byName.Values.First() : null) : _byName.GetValueOrDefault(name);
        reason =
            provider is not null ? null
            : _byName.Count == 0
                ? "No provider is configured: set Wyckoff:Providers:Alpaca:KeyId and SecretKey, or Wyckoff:Providers:Csv:Url."
            : name is null ? $"Which provider? One of {string.Join(", ", Names)} is expected."
            : $"'{name}' is no provider that is configured: one of {string.Join(", ", Names)} is expected.";
        return provider is not null;
    }
}
