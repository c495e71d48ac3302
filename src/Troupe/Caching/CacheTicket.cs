namespace Troupe.Caching;

/// <summary>The moment at which a load began. What was invalidated or cleared since does not store its value.</summary>
internal readonly record struct CacheTicket(long Epoch, TagSet? Tags);
