// logisticsctl inbox list.
#pragma once

#include "ctl/client/session.hpp"

namespace logistics::ctl {

// Messages of others that wait to be tried again; with `all` every page.
int ListInbox(Session& session, ::logistics::admin::ListWaitingMessagesRequest request, bool all);

}  // namespace logistics::ctl
