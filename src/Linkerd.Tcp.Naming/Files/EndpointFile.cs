using System.Collections.Immutable;

namespace Linkerd.Tcp.Naming.Files;

/// <summary>What a file of addresses says: its endpoints, or why it cannot be read. Immutable; equal where it says the same, line by line.</summary>
/// <param name="Endpoints">The endpoints in the order of their lines; none where there is an error.</param>
/// <param name="Error">What is wrong, as linkerd puts it; null where nothing is.</param>
/// <param name="ErrorLine">The line that is wrong, from 1; 0 where it is not one line.</param>
internal sealed record EndpointFile(ImmutableArray<FileEndpoint> Endpoints, string? Error, int ErrorLine)
{
    public bool Equals(EndpointFile? other) => other is not null
        && Error == other.Error && ErrorLine == other.ErrorLine && Endpoints.AsSpan().SequenceEqual(other.Endpoints.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Endpoints.Length, Error, ErrorLine);
}
