// The names in rows that this release knows, as SQL; each as in the predicate of its index (migration 0008).
#pragma once

// For `steps[1] ~`.
#define LOGISTICS_KNOWN_STEP "'^(release|release_again|commit|(restock|restocking) [0-9]{1,9})$'"
#define LOGISTICS_KNOWN_STATES "('intent', 'held', 'released', 'committed', 'restocked')"
#define LOGISTICS_KNOWN_OUTCOMES "('processed', 'failed')"
