using System.Collections.Immutable;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>What the stand-in knows of a scripted name. A closed set; immutable.</summary>
public abstract record NameState
{
    private NameState()
    {
    }

    /// <summary>Not known yet: a plain request is left without any answer, a watch after its headers.</summary>
    public sealed record Pending : NameState;

    /// <summary>The name exists, and these are its addresses.</summary>
    /// <param name="Addresses">In the order in which they are sent; two sets in other orders are equal.</param>
    /// <param name="Meta">Members of the <c>meta</c> object as JSON, without braces; default none.</param>
    public sealed record Bound(ImmutableArray<StandInAddress> Addresses, string Meta = "") : NameState
    {
        /// <summary>A set of loopback addresses, by their ports.</summary>
        public static Bound Ports(params IEnumerable<int> ports) => new([.. ports.Select(port => new StandInAddress("127.0.0.1", port))]);

        /// <summary>A set of addresses.</summary>
        public static Bound Of(params IEnumerable<StandInAddress> addresses) => new([.. addresses]);

        /// <inheritdoc/>
        public bool Equals(Bound? other) => other is not null && Meta == other.Meta
            && (Addresses.AsSpan().SequenceEqual(other.Addresses.AsSpan()) || Addresses.ToHashSet().SetEquals(other.Addresses));

        /// <inheritdoc/>
        public override int GetHashCode() => Addresses.Length;
    }

    /// <summary>The name does not exist.</summary>
    public sealed record Neg : NameState;

    /// <summary>The name is bound to an id, of which <see cref="NamerdStandIn.SetId"/>, a file or DNS says the addresses.</summary>
    /// <param name="Id">The id, such as <c>/#/io.l5d.fs/web</c>.</param>
    /// <param name="Residual">What of the name is left for the next hop.</param>
    public sealed record Leaf(string Id, string Residual = "/") : NameState;

    /// <summary>The name exists and is nowhere: <c>$</c>.</summary>
    public sealed record Empty : NameState;

    /// <summary>The search is to end here: <c>!</c>.</summary>
    public sealed record Fail : NameState;

    /// <summary>The lookup failed: a document, not an error of HTTP.</summary>
    /// <param name="Cause">Default: none is sent.</param>
    public sealed record Failed(string? Cause = null) : NameState;

    /// <summary>Binding throws: 500 to a plain request; to a watch this text and a newline, then the end of an otherwise good answer.</summary>
    public sealed record BindError(string Text) : NameState;

    /// <summary>Every new request is answered with a status, as by a proxy in between. Watches that are open do not notice.</summary>
    public sealed record HttpStatus(int Status, string Body = "") : NameState;

    /// <summary>Of these one branch is drawn by weight: by each plain request, by a watch when it begins and when the branches or weights change.</summary>
    public sealed record Union(ImmutableArray<(double Weight, NameState State)> Branches) : NameState
    {
        /// <inheritdoc/>
        public bool Equals(Union? other) => other is not null && Branches.SequenceEqual(other.Branches);

        /// <inheritdoc/>
        public override int GetHashCode() => Branches.Length;
    }
}
