using System.Collections.Immutable;

namespace Linkerd.Tcp.Naming.Files;

/// <summary>The content of a file of addresses: its endpoints, or the reason why it cannot be read. Immutable; equal if the content is equal, line by line.</summary>
/// <param name="Endpoints">The endpoints in the order of their lines; none if there is an error.</param>
/// <param name="Error">The error in linkerd's words; null if there is none.</param>
/// <param name="ErrorLine">The line of the error, from 1; 0 if it is not one line.</param>
internal sealed record EndpointFile(ImmutableArray<FileEndpoint> Endpoints, string? Error, int ErrorLine)
{
    public bool Equals(EndpointFile? other) => other is not null
        && Error == other.Error && ErrorLine == other.ErrorLine && Endpoints.AsSpan().SequenceEqual(other.Endpoints.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Endpoints.Length, Error, ErrorLine);
}
